import { create } from "zustand";
import type { ApiError } from "../bridge/types";

export interface Toast { id: number; tone: "ok" | "bad" | "idle"; title: string; detail?: string | undefined; code?: string | undefined; action?: { label: string; run: () => void } }

let next = 1;
export const useToasts = create<{ toasts: Toast[] }>(() => ({ toasts: [] }));

/** Says something beside the screen, and takes it back after a while; errors stay until closed. */
export function say(toast: Omit<Toast, "id">): void {
  const id = next++;
  useToasts.setState(({ toasts }) => ({ toasts: [...toasts.slice(-3), { ...toast, id }] }));
  if (toast.tone !== "bad") setTimeout(() => dismiss(id), 6000);
}

export function sayError(error: ApiError): void {
  say({ tone: "bad", title: error.message, detail: error.hint, code: error.code });
}

export function dismiss(id: number): void {
  useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((toast) => toast.id !== id) }));
}
