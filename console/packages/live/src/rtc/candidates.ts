/** Ways by which a browser may be reached, as the contract says them. */

import type { IceCandidate } from "@nearhand/contract";

export function toWire({
  candidate,
  sdpMid,
  sdpMLineIndex,
  usernameFragment,
}: RTCIceCandidate): IceCandidate {
  return {
    candidate,
    sdp_mid: sdpMid,
    sdp_m_line_index: sdpMLineIndex,
    username_fragment: usernameFragment,
  };
}

export function fromWire(candidate: IceCandidate): RTCIceCandidateInit {
  return {
    candidate: candidate.candidate,
    sdpMid: candidate.sdp_mid ?? null,
    sdpMLineIndex: candidate.sdp_m_line_index ?? null,
    usernameFragment: candidate.username_fragment ?? null,
  };
}
