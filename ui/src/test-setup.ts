import "@testing-library/jest-dom/vitest";
import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

// jsdom draws nothing: sizes are given, so that the canvas lays its nodes out.
class FixedResizeObserver implements ResizeObserver {
  constructor(private tell: ResizeObserverCallback) {}
  observe(target: Element): void {
    queueMicrotask(() => this.tell([{ target, contentRect: target.getBoundingClientRect() } as ResizeObserverEntry], this));
  }
  unobserve(): void {}
  disconnect(): void {}
}
globalThis.ResizeObserver = FixedResizeObserver;
globalThis.DOMMatrixReadOnly ??= class { m22 = 1; } as unknown as typeof DOMMatrixReadOnly;
Object.defineProperties(HTMLElement.prototype, { offsetWidth: { get: () => 1000 }, offsetHeight: { get: () => 700 } });
HTMLElement.prototype.scrollIntoView = () => {};
HTMLElement.prototype.setPointerCapture = () => {};
HTMLCanvasElement.prototype.getContext = (() => null) as typeof HTMLCanvasElement.prototype.getContext;
window.matchMedia ??= ((query: string) => ({ matches: false, media: query, addEventListener: () => {}, removeEventListener: () => {} })) as unknown as typeof window.matchMedia;

afterEach(() => {
  cleanup();
  window.localStorage.clear();
  window.location.hash = "";
});
