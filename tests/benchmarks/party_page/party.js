// One client of a session with nothing but voice and pictures, for the benchmark: films a picture that says when it
// was drawn, or reads from each picture that arrives how old it is. `party(options)` starts it; `window.ages` is told.
window.party = ({ session, client, films, codec }) => {
  const BLOCK = 16, BITS = 56, ROW = 28, W = 1280, H = 720, PER_S = 30;
  const epoch = Math.floor(Date.now() / 1e8) * 1e8;
  const now = () => performance.timeOrigin + performance.now();
  const ages = (window.ages = []);
  const state = (window.state = { way: "direct", errors: [] });
  const connections = new Map();
  const run = Math.random().toString(36).slice(2, 12);
  let track = null;
  const ws = new WebSocket(`${location.origin.replace("http", "ws")}/api/v1/sessions/${session}/live`, "nearhand.v1");
  const put = (message) => ws.readyState === 1 && ws.send(JSON.stringify([message]));

  const film = () => {
    const generator = new MediaStreamTrackGenerator({ kind: "video" });
    const writer = generator.writable.getWriter();
    const canvas = new OffscreenCanvas(W, H), c = canvas.getContext("2d");
    const back = new OffscreenCanvas(W, H), b = back.getContext("2d");
    for (let i = 0; i < 900; i++) {
      b.fillStyle = `hsl(${(i * 47) % 360},40%,${20 + ((i * 13) % 60)}%)`;
      b.fillRect((i * 97) % W, (i * 61) % H, 30 + ((i * 7) % 90), 20 + ((i * 11) % 60));
    }
    let number = 0;
    const began = performance.now();
    const tick = async () => {
      number++;
      c.drawImage(back, Math.round(14 * Math.sin(number / 9)), Math.round(9 * Math.cos(number / 7)));
      const ms = Math.round(now()) - epoch;
      for (let i = 0; i < BITS; i++) {
        const bit = i < 24 ? (number >>> i) & 1 : Math.floor(ms / 2 ** (i - 24)) % 2;
        c.fillStyle = bit ? "#fff" : "#000";
        c.fillRect((i % ROW) * BLOCK, Math.floor(i / ROW) * BLOCK, BLOCK, BLOCK);
      }
      const frame = new VideoFrame(canvas, { timestamp: Math.round(performance.now() * 1000) });
      if (writer.desiredSize > 0) await writer.write(frame);
      else frame.close();
      setTimeout(tick, Math.max(0, began + (number * 1000) / PER_S - performance.now()));
    };
    tick();
    return generator;
  };

  const watch = async (incoming) => {
    const reader = new MediaStreamTrackProcessor({ track: incoming }).readable.getReader();
    const c = new OffscreenCanvas(ROW * BLOCK, 2 * BLOCK).getContext("2d", { willReadFrequently: true });
    for (;;) {
      const { value: frame, done } = await reader.read();
      if (done) return;
      const scale = frame.displayWidth / W;
      c.drawImage(frame, 0, 0, ROW * BLOCK * scale, 2 * BLOCK * scale, 0, 0, ROW * BLOCK, 2 * BLOCK);
      const { data } = c.getImageData(0, 0, ROW * BLOCK, 2 * BLOCK);
      let ms = 0;
      for (let i = 24; i < BITS; i++) {
        const x = (i % ROW) * BLOCK + BLOCK / 2, y = Math.floor(i / ROW) * BLOCK + BLOCK / 2;
        if (data[(y * ROW * BLOCK + x) * 4 + 1] > 128) ms += 2 ** (i - 24);
      }
      ages.push(now() - (ms + epoch));
      frame.close();
    }
  };

  const connect = (name, describe, candidate) => {
    connections.get(name)?.close();
    const pc = new RTCPeerConnection();
    connections.set(name, pc);
    pc.createDataChannel("words", { negotiated: true, id: 0 });
    pc.onicecandidate = ({ candidate: found }) => found && candidate(found);
    pc.ontrack = ({ track: incoming, receiver }) => {
      receiver.jitterBufferTarget = 0;
      if (incoming.kind === "video") void watch(incoming);
    };
    pc.say = async () => {
      await pc.setLocalDescription();
      describe(pc.localDescription.type, pc.localDescription.sdp);
    };
    pc.queue = Promise.resolve();
    return pc;
  };
  const prefer = (line) => {
    const all = RTCRtpSender.getCapabilities("video").codecs;
    line.setCodecPreferences(all.filter(({ mimeType }) => mimeType === `video/${codec}` || mimeType.endsWith("rtx")));
  };
  const send = (pc, direction) => {
    const line = pc.addTransceiver(track, { direction, sendEncodings: [{ maxBitrate: 2_500_000 }] });
    prefer(line);
    track.contentHint = "detail";
  };
  const inTurn = (pc, act) => (pc.queue = pc.queue.then(act).catch((error) => state.errors.push(String(error))));
  const wire = ({ candidate, sdpMid, sdpMLineIndex, usernameFragment }) => ({
    candidate, sdp_mid: sdpMid, sdp_m_line_index: sdpMLineIndex, username_fragment: usernameFragment,
  });
  const init = (c) => ({ candidate: c.candidate, sdpMid: c.sdp_mid, sdpMLineIndex: c.sdp_m_line_index });
  const answerLines = async (pc) => {
    for (const line of pc.getTransceivers())
      if (films && line.receiver.track.kind === "video" && line.mid !== null) {
        await line.sender.replaceTrack(track);
        line.direction = "sendonly";
      }
  };

  const direct = (other, theirRun) => {
    const about = { to: other, run, to_run: theirRun };
    const pc = connect(
      other,
      (kind, sdp) => put({ type: "rtc.describe", ...about, kind, sdp }),
      (found) => put({ type: "rtc.candidate", ...about, candidate: wire(found) }),
    );
    if (client > other) {
      pc.addTransceiver("audio", { direction: "recvonly" });
      if (films) send(pc, "sendonly");
      else pc.addTransceiver("video", { direction: "recvonly" });
      inTurn(pc, pc.say);
    }
    return pc;
  };
  const leg = (name) =>
    connect(
      name,
      (kind, sdp) => put({ type: "rtc.sfu_describe", leg: name, kind, sdp }),
      (found) => put({ type: "rtc.sfu_candidate", leg: name, candidate: wire(found) }),
    );
  const runs = new Map();
  const described = (pc, message) =>
    inTurn(pc, async () => {
      await pc.setRemoteDescription({ type: message.kind, sdp: message.sdp });
      if (message.kind === "answer") return;
      await answerLines(pc);
      await pc.say();
    });

  const hear = {
    welcome: () => put({ type: "rtc.hail", to: null, run }),
    "rtc.hailed": ({ client: other, run: theirRun, is_for_all }) => {
      if (runs.get(other) !== theirRun) {
        runs.set(other, theirRun);
        direct(other, theirRun);
      }
      if (is_for_all) put({ type: "rtc.hail", to: other, run });
    },
    "rtc.described": (message) => described(connections.get(message.client), message),
    "rtc.candidate_told": ({ client: other, candidate }) => {
      const pc = connections.get(other);
      if (candidate) inTurn(pc, () => pc.addIceCandidate(init(candidate)));
    },
    "rtc.way": ({ way, room }) => {
      state.way = way;
      if (way !== "sfu") return;
      for (const pc of connections.values()) pc.close();
      connections.clear();
      put({ type: "rtc.sfu_enter", room, takes_pictures: !films });
      if (!films) return;
      const pc = leg(run);
      send(pc, "sendonly");
      inTurn(pc, pc.say);
    },
    "rtc.sfu_described": (message) => described(connections.get(message.leg) ?? leg(message.leg), message),
    "rtc.sfu_candidate_told": ({ leg: name, candidate }) => {
      const pc = connections.get(name);
      if (pc && candidate) inTurn(pc, () => pc.addIceCandidate(init(candidate)));
    },
    error: (message) => state.errors.push(JSON.stringify(message)),
  };
  if (films) track = film();
  ws.onopen = () => put({ type: "hello", client, resume: null });
  ws.onmessage = ({ data }) => JSON.parse(data).forEach((message) => hear[message.type]?.(message));
  setInterval(() => put({ type: "ping" }), 10_000);
};
