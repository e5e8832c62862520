/** Up to three live figures, each naming the port it is of. */
import { quantity } from "@nearhand/ui";
import { figures, trendOf } from "../device/figures";
import { portsOfStep } from "../session/guide";
import { quantityName } from "../words/names";
import { chosenFigures } from "./chosenFigures";
import { openSheet } from "./panels";

export function Figures() {
  const shown = chosenFigures(figures.value, portsOfStep.value);
  if (shown.length === 0) return null;
  return (
    <button type="button" class="figures" onClick={() => openSheet("history")}>
      {shown.map(({ key, unit, last_value }) => (
        <span key={`${key.quantity} ${key.port}`}>
          <small>{quantityName(key.quantity, key.port)}</small>
          <b>{quantity(last_value!, unit)}</b>
          <Trend values={trendOf(key)} />
        </span>
      ))}
    </button>
  );
}

function Trend({ values }: { values: readonly number[] }) {
  if (values.length < 2) return null;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const height = (value: number) => (high > low ? (value - low) / (high - low) : 0.5) * 12 + 2;
  return (
    <svg class="trend" viewBox={`0 0 ${values.length * 4} 14`} aria-hidden="true">
      {values.map((value, i) => (
        <rect key={i} x={i * 4} y={14 - height(value)} width={3} height={height(value)} />
      ))}
    </svg>
  );
}
