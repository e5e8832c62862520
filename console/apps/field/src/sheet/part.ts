/** What panels show and the drawings of faces: not needed to scan, so they come as a part of their own. */
import { part } from "../part";

export const pages = part(() => import("./pages"));
