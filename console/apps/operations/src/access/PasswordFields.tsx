/** A new password, twice, so that a slip of the finger locks nobody out. */
import { Field } from "@nearhand/ui";
import { useState } from "preact/hooks";
import { t } from "./words";

const MIN_PASSWORD = 10;

interface PasswordFieldsProps {
  /** What the password field is named in the form. */
  name: string;
  error?: string | undefined;
  autofocus?: boolean;
}

export function PasswordFields({ name, error, autofocus = false }: PasswordFieldsProps) {
  const [first, setFirst] = useState("");
  const differs = (again: string) => (again && again !== first ? t("passwordsDiffer") : "");
  return (
    <>
      <Field
        label={t("newPassword")}
        name={name}
        type="password"
        autocomplete="new-password"
        minLength={MIN_PASSWORD}
        maxLength={200}
        hint={t("passwordHint")}
        error={error}
        required
        autofocus={autofocus}
        onInput={(event) => setFirst(event.currentTarget.value)}
      />
      <Field
        label={t("passwordAgain")}
        name={`${name}_again`}
        type="password"
        autocomplete="new-password"
        required
        ref={(input: HTMLInputElement | null) => input?.setCustomValidity(differs(input.value))}
        onInput={(event) => event.currentTarget.setCustomValidity(differs(event.currentTarget.value))}
      />
    </>
  );
}
