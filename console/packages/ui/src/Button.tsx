/** Buttons: plain by default, `primary` for the one act a screen is for, `danger` for what cannot be undone. */
import type { ComponentChildren, ButtonHTMLAttributes } from "preact";
import { Icon } from "./Icon";

export type ButtonLook = "plain" | "primary" | "danger" | "quiet";

interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "icon"> {
  look?: ButtonLook;
  icon?: string;
  isBusy?: boolean;
  children?: ComponentChildren;
}

export function Button({ look = "plain", icon, isBusy = false, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      class={`ui-button ui-button-${look}`}
      aria-busy={isBusy}
      disabled={rest.disabled || isBusy}
    >
      {isBusy ? <span class="ui-spinner" /> : icon && <Icon svg={icon} size={16} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  svg: string;
  label: string;
  isOn?: boolean;
}

/** A button that is only an icon: its label is read out, and shown as a tooltip. */
export function IconButton({ svg, label, isOn, ...rest }: IconButtonProps) {
  const pressed = isOn === undefined ? {} : { "aria-pressed": isOn };
  return (
    <button type="button" {...rest} {...pressed} class="ui-icon-button" aria-label={label} title={label}>
      <Icon svg={svg} />
    </button>
  );
}
