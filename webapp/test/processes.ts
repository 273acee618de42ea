import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { after } from 'node:test';

const children = new Set<ChildProcess>();
after(() => children.forEach((child) => child.kill('SIGKILL')));

/** Starts node with the arguments; it is killed at the end of the test file at the latest. */
export function startNode(args: string[], options: SpawnOptions = {}): ChildProcess {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** Resolves with the exit code. */
export async function exited(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) await once(child, 'exit');
  return child.exitCode;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A raw connection, to send a request in pieces and to see when the server closes it. */
export class Client {
  received = '';
  readonly closed: Promise<unknown>;
  private constructor(private readonly socket: Socket) {
    socket.setEncoding('utf8').on('data', (text: string) => (this.received += text));
    this.closed = once(socket, 'close');
  }

  static async to(port: number): Promise<Client> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Client(socket);
  }

  send(text: string): void {
    this.socket.write(text);
  }

  async receives(text: string): Promise<void> {
    while (!this.received.includes(text)) {
      if (this.socket.closed) throw new Error(`closed before ${JSON.stringify(text)}: ${this.received}`);
      await Promise.race([once(this.socket, 'data'), this.closed]);
    }
  }
}
