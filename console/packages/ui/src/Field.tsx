/** A labelled control with room for a hint and for what is wrong with it. */
import type { ComponentChildren, InputHTMLAttributes } from "preact";
import { useId } from "preact/hooks";

interface Frame {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
}

function Framed({ id, label, hint, error, children }: Frame & { id: string; children: ComponentChildren }) {
  return (
    <div class="ui-field">
      <label for={id}>{label}</label>
      {children}
      {hint && !error && <small id={`${id}-says`}>{hint}</small>}
      {error && (
        <small id={`${id}-says`} class="ui-field-error" role="alert">
          {error}
        </small>
      )}
    </div>
  );
}

/** Names the small text below, if there is any. */
function described(id: string, hint?: string, error?: string) {
  return hint || error ? { "aria-describedby": `${id}-says` } : {};
}

export function Field({ label, hint, error, ...rest }: Frame & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <Framed {...{ id, label, hint, error }}>
      <input
        {...rest}
        id={id}
        class="ui-input"
        aria-invalid={Boolean(error)}
        {...described(id, hint, error)}
      />
    </Framed>
  );
}

interface AreaProps extends Frame {
  name?: string;
  value?: string;
  rows?: number;
  maxLength?: number;
  onInput?: (value: string) => void;
}

export function AreaField({ label, hint, error, onInput, ...rest }: AreaProps) {
  const id = useId();
  return (
    <Framed {...{ id, label, hint, error }}>
      <textarea
        {...rest}
        id={id}
        class="ui-input"
        {...described(id, hint, error)}
        onInput={(event) => onInput?.(event.currentTarget.value)}
      />
    </Framed>
  );
}

export interface Choice {
  value: string;
  label: string;
}

interface SelectProps extends Frame {
  choices: readonly Choice[];
  value: string;
  name?: string;
  disabled?: boolean;
  onChange?: (value: string) => void;
}

export function SelectField({ label, hint, error, choices, value, onChange, ...rest }: SelectProps) {
  const id = useId();
  return (
    <Framed {...{ id, label, hint, error }}>
      <select
        {...rest}
        id={id}
        class="ui-input"
        {...described(id, hint, error)}
        onChange={(event) => onChange?.(event.currentTarget.value)}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value} selected={choice.value === value}>
            {choice.label}
          </option>
        ))}
      </select>
    </Framed>
  );
}

interface FileProps {
  label: string;
  hint?: string;
  accept?: string;
  multiple?: boolean;
  disabled?: boolean;
  onFiles: (files: readonly File[]) => void;
}

/** A button that takes files. The browser's own control speaks the browser's language, so it is not shown. */
export function FileField({ label, hint, onFiles, ...rest }: FileProps) {
  return (
    <div class="ui-file">
      <label class="ui-button">
        {label}
        <input
          {...rest}
          type="file"
          onChange={(event) => {
            onFiles([...(event.currentTarget.files ?? [])]);
            event.currentTarget.value = "";
          }}
        />
      </label>
      {hint && <small>{hint}</small>}
    </div>
  );
}
