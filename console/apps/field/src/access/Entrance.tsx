/** The page of an enrolment's code, whoever is signed in. */
import { Later } from "../hud/Later";
import { isLocked } from "./lock";
import { Lock } from "./Lock";
import { entry } from "./part";

export function Entrance() {
  if (isLocked.value) return <Lock />;
  return <Later part={entry}>{({ Enrol }) => <Enrol />}</Later>;
}
