/**
 * Room at a port that every program of this machine can reach: connections that ask nothing keep nobody out.
 *   R1  At most `most` connections are open. A further one takes the place of the one that has been silent longest.
 *   R2  A connection on which something is asked and not answered is not ended for another; if all are such, the new one ends.
 */
import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface Room {
  /** Something is asked on this connection; the returned function says that it was answered. */
  asked(socket: Duplex): () => void;
}

/** The same for a connection and for what TLS makes of it. */
const nameOf = (socket: Duplex): string => {
  const { remoteAddress, remotePort } = socket as Socket;
  return `${remoteAddress} ${remotePort}`;
};

export function keepRoom(server: Server, most: number): Room {
  /** With the number of what is asked on each. */
  const open = new Map<string, { readonly socket: Socket; asked: number }>();
  /** Longest silent first. */
  const silent = new Set<string>();

  const drop = (name: string): void => {
    open.delete(name);
    silent.delete(name);
  };
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket);
    if (open.size >= most) {
      const [longest] = silent;
      if (longest === undefined) {
        socket.destroy();
        return;
      }
      open.get(longest)?.socket.destroy();
      drop(longest);
    }
    open.set(name, { socket, asked: 0 });
    silent.add(name);
    socket.once('close', () => {
      if (open.get(name)?.socket === socket) drop(name);
    });
  });
  return {
    asked: (socket) => {
      const name = nameOf(socket);
      const connection = open.get(name);
      if (connection === undefined) return () => {};
      connection.asked += 1;
      silent.delete(name);
      let isAnswered = false;
      return () => {
        if (isAnswered) return;
        isAnswered = true;
        connection.asked -= 1;
        if (connection.asked === 0 && open.get(name) === connection) silent.add(name);
      };
    },
  };
}
