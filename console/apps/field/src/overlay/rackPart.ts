/** What only a phone before a rack needs: loaded when there is a rack to be found. */
export { findRack } from "./findRack";
export { RackUnits } from "./RackUnits";
