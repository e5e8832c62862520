/** A modal dialog on the browser's own <dialog>: focus stays inside, Escape closes, focus returns. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Button, type ButtonLook } from "./Button";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  isWide?: boolean;
  /** Begin near the top, for what grows downwards while one types. */
  isHigh?: boolean;
  /** Along the lower edge of a phone, in the thumb's reach. */
  isSheet?: boolean;
}

export function Dialog({
  title,
  onClose,
  children,
  isWide = false,
  isHigh = false,
  isSheet = false,
}: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={`ui-dialog ${isWide ? "ui-dialog-wide" : ""} ${isHigh ? "ui-dialog-high" : ""} ${isSheet ? "ui-dialog-sheet" : ""}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div class="ui-dialog-body">
        <h2 id={id}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  body: string;
  yes: string;
  no: string;
  look?: ButtonLook;
  isBusy?: boolean;
  onYes: () => void;
  onNo: () => void;
}

/** Asks once before an act that cannot be undone. The safe answer has the focus. */
export function Confirm({
  title,
  body,
  yes,
  no,
  look = "danger",
  isBusy = false,
  onYes,
  onNo,
}: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onNo}>
      <p>{body}</p>
      <div class="ui-actions">
        <Button onClick={onNo} autofocus>
          {no}
        </Button>
        <Button look={look} isBusy={isBusy} onClick={onYes} data-testid="confirm-yes">
          {yes}
        </Button>
      </div>
    </Dialog>
  );
}
