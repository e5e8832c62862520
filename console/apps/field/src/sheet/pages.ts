/** What panels show: see `part.ts`. */
export { ZoomedFace } from "../device/ZoomedFace";
export { Finder } from "../scan/Finder";
export { AskForHelp } from "../session/AskForHelp";
export { History } from "./History";
export { Manual } from "./Manual";
export { Marks } from "./Marks";
export { Now } from "./Now";
export { OnStill } from "./OnStill";
export { Talk } from "./Talk";
