/** The vault's listening ports: bound here, handed to the process that serves them. */
import { type AddressInfo, createServer, type Server } from 'node:net';
import { StartError } from './start-error.ts';

/** Where the owner's pages are: bound and listening, one for each address of the origin's host. */
export interface PortalPorts {
  readonly origin: string;
  readonly listeners: readonly Server[];
}

export const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** What comes in before somebody serves the port is turned away. @throws StartError port-taken */
export function bindPort(port: number, option = '--port', host = '127.0.0.1'): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const text = `port ${port} cannot be used (${cause.code}); stop what uses it or give another with ${option}`;
      reject(new StartError('portTaken', text, { cause }));
    });
    server.listen({ host, port, backlog: 511 }, () => resolve(server));
  });
}

/**
 * The port of the pages. `localhost` is every address that a browser may take for it (a machine without IPv6 has the first
 * only); another host is every address of the machine. @throws StartError port-taken
 */
export async function bindPortal(port: number, scheme: 'http' | 'https', host: string): Promise<PortalPorts> {
  const isLocal = host === 'localhost';
  const first = await bindPort(port, '--portal-port', isLocal ? '127.0.0.1' : '0.0.0.0');
  const listeners = [first];
  try {
    if (isLocal) listeners.push(await bindPort(portOf(first), '--portal-port', '::1'));
  } catch (error) {
    const { code } = (error as Error).cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE' || code === 'EACCES') {
      first.close();
      throw error;
    }
  }
  return { origin: `${scheme}://${host}:${portOf(first)}`, listeners };
}
