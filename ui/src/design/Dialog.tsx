import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { IconButton } from "./Button";

/** A question that must be answered before going on. */
export function Dialog({ title, open, onClose, children, foot, closeLabel, testId, width }:
  { title: ReactNode; open: boolean; onClose: () => void; children: ReactNode; foot?: ReactNode; closeLabel: string; testId?: string; width?: number }) {
  return (
    <ModalOverlay className="scrim" isOpen={open} onOpenChange={(next) => { if (!next) onClose(); }} isDismissable>
      <Modal style={{ display: "contents" }}>
        <AriaDialog className="dialog" data-testid={testId} style={width ? { width: `min(${width / 16}rem, 100%)` } : undefined}>
          <div className="dialog-head">
            <Heading slot="title">{title}</Heading>
            <IconButton label={closeLabel} onPress={onClose}><X size={16} /></IconButton>
          </div>
          <div className="dialog-body scroll">{children}</div>
          {foot ? <div className="dialog-foot">{foot}</div> : null}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
