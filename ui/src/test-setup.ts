import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

// What is waited for comes when it comes: a busy machine is no reason to fail.
configure({ asyncUtilTimeout: 30_000 });

// jsdom draws nothing: sizes are given, so that the canvas lays its nodes out. A canvas of no size
// flies through NaN: every node is taken off it until the view has landed, and comes back as another element.
class FixedResizeObserver implements ResizeObserver {
  constructor(private tell: ResizeObserverCallback) {}
  observe(target: Element): void {
    const { offsetWidth: width, offsetHeight: height } = target as HTMLElement;
    queueMicrotask(() => this.tell([{ target, contentRect: { width, height } } as ResizeObserverEntry], this));
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
