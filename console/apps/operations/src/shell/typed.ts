/** A field that asks for something else once it is left, or Enter is pressed. */
import { useEffect, useState } from "preact/hooks";

/** Keeps what is being typed while the page is drawn anew, and follows the address where that says something else. */
export function useTyped(asked: string | undefined, ask: (value: string) => void) {
  const [value, setValue] = useState(asked ?? "");
  useEffect(() => setValue(asked ?? ""), [asked]);
  return {
    value,
    onInput: (event: { currentTarget: HTMLInputElement }) => setValue(event.currentTarget.value),
    onChange: (event: { currentTarget: HTMLInputElement }) => ask(event.currentTarget.value.trim()),
  };
}
