// An app with the official client and its default options, which nobody helps: it must get in, however long nobody can be let in.
import { io } from 'socket.io-client';

const socket = io(process.env.WEMAPS_URL, { auth: { token: process.env.WEMAPS_TOKEN }, transports: JSON.parse(process.env.WEMAPS_TRANSPORTS) });
const end = (code, text) => {
  console.log(text);
  process.exit(code);
};
socket.on('connect_error', (e) => !socket.active && end(1, `stays away: ${e.message}`));
socket.io.on('reconnect_attempt', () => console.log('again'));
socket.on('connect', () => end(0, 'connected'));
setTimeout(() => end(1, 'not connected within a minute'), 60_000);
