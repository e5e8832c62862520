/** What seldom stands between a person and the picture: see `part.ts`. */
export { Enrol } from "./Enrol";
export { enterByPasskey } from "./passkey";
export { SecondStep, whyNot } from "./SecondStep";
export { goToProvider, SignedIn } from "./SignedIn";
export { WhoAmI } from "./WhoAmI";
