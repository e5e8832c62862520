/** What stands where content is not: nothing yet, still coming, or failed. */
import type { ComponentChildren } from "preact";
import { Button } from "./Button";
import { Icon } from "./Icon";

interface EmptyProps {
  icon?: string;
  title: string;
  children?: ComponentChildren;
}

/** Nothing here: say what to do next. */
export function EmptyState({ icon, title, children }: EmptyProps) {
  return (
    <div class="ui-empty">
      {icon && <Icon svg={icon} size={32} />}
      <h3>{title}</h3>
      {children && <div>{children}</div>}
    </div>
  );
}

interface ErrorProps {
  title: string;
  detail?: string | undefined;
  retry?: { label: string; run: () => void } | undefined;
}

export function ErrorState({ title, detail, retry }: ErrorProps) {
  return (
    <div class="ui-error" role="alert">
      <h3>{title}</h3>
      {detail && <p>{detail}</p>}
      {retry && <Button onClick={retry.run}>{retry.label}</Button>}
    </div>
  );
}

/** Grey bars in the shape of what is coming, so that nothing jumps when it does. */
export function Skeleton({ rows = 4, height = 16 }: { rows?: number; height?: number }) {
  return (
    <div class="ui-skeleton" aria-busy="true">
      {Array.from({ length: rows }, (_, row) => (
        <span key={row} style={{ height: `${height}px`, width: `${92 - ((row * 17) % 34)}%` }} />
      ))}
    </div>
  );
}

export function Progress({ value, label }: { value: number | null; label: string }) {
  return (
    <div class="ui-progress">
      <progress aria-label={label} {...(value === null ? {} : { value, max: 1 })} />
      <span>{label}</span>
    </div>
  );
}
