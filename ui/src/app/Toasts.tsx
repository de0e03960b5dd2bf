import { Said } from "../design/Said";
import { CircleAlert, CircleCheck, Info, X } from "lucide-react";
import { IconButton, LinkButton } from "../design/Button";
import { words } from "../text/words";
import { dismiss, useToasts } from "../window/toasts";

const icons = { ok: CircleCheck, bad: CircleAlert, idle: Info };

export function Toasts() {
  const toasts = useToasts((state) => state.toasts);
  return (
    <div className="toasts" aria-live="polite">
      {toasts.map((toast) => {
        const Icon = icons[toast.tone];
        return (
          <div key={toast.id} className="toast" data-tone={toast.tone} role={toast.tone === "bad" ? "alert" : "status"}>
            <Icon size={16} aria-hidden />
            <div className="stack" style={{ gap: 2 }}>
              <strong style={{ fontWeight: 600 }}>{toast.title}</strong>
              {toast.detail ? <span className="muted"><Said text={toast.detail} /></span> : null}
              {toast.code ? <code className="quiet small">{toast.code}</code> : null}
              {toast.action ? <LinkButton onPress={() => { toast.action?.run(); dismiss(toast.id); }}>{toast.action.label}</LinkButton> : null}
            </div>
            <IconButton label={words.close} onPress={() => dismiss(toast.id)}><X size={14} /></IconButton>
          </div>
        );
      })}
    </div>
  );
}
