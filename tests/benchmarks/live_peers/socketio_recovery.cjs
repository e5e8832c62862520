// socket.io with connection state recovery: rooms, everybody but the sender is told.
const { Server } = require("socket.io");
const io = new Server(Number(process.argv[2]), {
  transports: ["websocket"],
  perMessageDeflate: false,
  connectionStateRecovery: { maxDisconnectionDuration: 120000 },
});
io.on("connection", (socket) => {
  const room = socket.handshake.query.room;
  socket.join(room);
  socket.on("m", (message) => socket.to(room).emit("m", message));
});
