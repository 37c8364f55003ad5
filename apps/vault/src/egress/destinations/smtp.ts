/**
 * One mail by SMTP (RFC 5321): EHLO, STARTTLS (3207), AUTH PLAIN or LOGIN (4954), one recipient. The certificate is always
 * checked. What a server says is read in bounds and goes no further than its code and one clipped line.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { NoticeDestination } from '../../frames/notices.ts';
import { addressOf, type DialRules, NoticeError, tlsOptions } from './dial.ts';
import { dotStuffed, mailbox } from './mail.ts';

type Mailbox = Extract<NoticeDestination, { kind: 'smtp' }>;

const replyBytesMax = 64 * 1024;
/** What we call ourselves: an address literal, since the machine's name is nobody's business. */
const ourName = '[127.0.0.1]';

interface Reply {
  readonly code: number;
  readonly lines: readonly string[];
}

/** Sends `message` (CRLF lines). @throws NoticeError */
export async function sendMail(to: Mailbox, message: string, rules: DialRules): Promise<void> {
  if (rules.isReal && to.tls === 'none')
    throw new NoticeError(`${to.host} is to be reached without TLS; a real vault needs starttls or implicit`, true);
  if (to.port < 1 || to.port > 65_535) throw new NoticeError(`${to.port} is not a port`, true);
  const [from, recipient] = [mailbox(to.from), mailbox(to.to)];
  const address = await addressOf(to.host, rules);
  const line = await openLine(to, address, rules);
  const late = setTimeout(
    () => line.abort(new NoticeError(`${to.host} took more than ${rules.wholeMs} ms`, false)),
    rules.wholeMs,
  );
  try {
    await line.expect(220, 'greeting');
    let abilities = await hello(line);
    if (to.tls === 'starttls') {
      if (!abilities.has('STARTTLS')) throw new NoticeError(`${to.host} offers no STARTTLS`, true);
      await line.say('STARTTLS', 220);
      await line.secure(to.host, rules);
      abilities = await hello(line);
    }
    if (to.user !== '') await authenticate(line, to, abilities.get('AUTH') ?? '');
    await line.say(`MAIL FROM:<${from}>`, 250);
    await line.say(`RCPT TO:<${recipient}>`, 250);
    await line.say('DATA', 354);
    await line.say(`${dotStuffed(message)}.`, 250, 'the message');
    line.bye();
  } finally {
    clearTimeout(late);
    line.close();
  }
}

/** The extensions that the server offers, in capitals, with their parameters. */
async function hello(line: Line): Promise<ReadonlyMap<string, string>> {
  const { lines } = await line.say(`EHLO ${ourName}`, 250);
  return new Map(
    lines.slice(1).map((it) => {
      const [name = '', ...rest] = it.toUpperCase().split(/[ =]/);
      return [name, rest.join(' ')] as const;
    }),
  );
}

async function authenticate(line: Line, { host, user, password }: Mailbox, offered: string): Promise<void> {
  const ways = offered.split(' ');
  const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
  if (ways.includes('PLAIN')) await line.say(`AUTH PLAIN ${base64(`\0${user}\0${password}`)}`, 235, 'AUTH PLAIN');
  else if (ways.includes('LOGIN')) {
    await line.say('AUTH LOGIN', 334);
    await line.say(base64(user), 334, 'the user');
    await line.say(base64(password), 235, 'the password');
  } else throw new NoticeError(`${host} offers neither AUTH PLAIN nor LOGIN`, true);
}

interface Line {
  /** Sends one line and demands a code; `what` stands for it in messages where it must not be shown. */
  say(text: string, code: number, what?: string): Promise<Reply>;
  expect(code: number, what: string): Promise<Reply>;
  secure(host: string, rules: DialRules): Promise<void>;
  bye(): void;
  abort(error: NoticeError): void;
  close(): void;
}

async function openLine(to: Mailbox, address: string, rules: DialRules): Promise<Line> {
  const dial = { host: address, port: to.port };
  const tls = tlsOptions(to.host, rules);
  const event = to.tls === 'implicit' ? 'secureConnect' : 'connect';
  const socket: Socket = to.tls === 'implicit' ? connectTls({ ...dial, ...tls }) : connectTcp(dial);
  await opened(socket, event, to.host, rules);
  return lineOn(socket, to.host, rules);
}

const opened = (socket: Socket, event: string, host: string, rules: DialRules): Promise<void> =>
  new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      clearTimeout(late);
      socket.destroy();
      reject(new NoticeError(`${host} cannot be reached: ${error.message}`, false, { cause: error }));
    };
    const late = setTimeout(() => fail(new Error(`no connection within ${rules.answerMs} ms`)), rules.answerMs);
    socket.once('error', fail);
    socket.once('close', () => fail(new Error('it closed the connection')));
    socket.once(event, () => {
      clearTimeout(late);
      socket.removeAllListeners();
      resolve();
    });
  });

function lineOn(first: Socket, host: string, rules: DialRules): Line {
  let socket = first;
  let held = '';
  let waiting: { readonly resolve: (reply: Reply) => void; readonly reject: (error: NoticeError) => void } | undefined;
  let broken: NoticeError | undefined;

  const abort = (error: NoticeError): void => {
    broken ??= error;
    waiting?.reject(broken);
    waiting = undefined;
    socket.destroy();
  };
  const listen = (): void => {
    socket.on('data', (chunk: Buffer) => {
      held += chunk.toString('latin1');
      if (held.length > replyBytesMax) abort(new NoticeError(`${host} says too much`, false));
      else pump();
    });
    socket.on('error', (error) => abort(new NoticeError(`${host}: ${error.message}`, false, { cause: error })));
    socket.on('close', () => abort(new NoticeError(`${host} closed the connection`, false)));
  };
  /** A reply is whole with the line that has a space after its code. */
  const pump = (): void => {
    if (waiting === undefined) return;
    const end = /(?:^|\r?\n)(\d{3})(?: [^\n]*)?\r?\n/.exec(held);
    if (end === null) return;
    const upTo = end.index + end[0].length;
    const lines = held
      .slice(0, upTo)
      .split(/\r?\n/)
      .filter((it) => it !== '');
    held = held.slice(upTo);
    const { resolve } = waiting;
    waiting = undefined;
    resolve({ code: Number(end[1]), lines: lines.map((it) => it.slice(4)) });
  };
  const expect = async (code: number, what: string): Promise<Reply> => {
    const late = setTimeout(
      () => abort(new NoticeError(`${host} did not answer ${what} within ${rules.answerMs} ms`, false)),
      rules.answerMs,
    );
    try {
      const reply = await new Promise<Reply>((resolve, reject) => {
        if (broken !== undefined) reject(broken);
        waiting = { resolve, reject };
        pump();
      });
      if (reply.code === code) return reply;
      const said = (reply.lines[0] ?? '').replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
      // RFC 5321, 4.2.1: 5yz is a lasting no, 4yz a passing one.
      throw new NoticeError(`${host} answered ${what} with ${reply.code} ${said}`, reply.code >= 500);
    } finally {
      clearTimeout(late);
    }
  };

  listen();
  return {
    expect,
    say: (text, code, what = text.split(' ')[0] ?? '') => {
      socket.write(`${text}\r\n`);
      return expect(code, what);
    },
    secure: async (name, tls) => {
      // Whatever came in the clear after STARTTLS was put there by somebody in between.
      if (held !== '') throw new NoticeError(`${host} said something between STARTTLS and TLS`, false);
      socket.removeAllListeners();
      const plain = socket;
      const secured = connectTls({ socket: plain, ...tlsOptions(name, tls) });
      socket = secured;
      await opened(secured, 'secureConnect', host, tls);
      listen();
    },
    bye: () => void socket.write('QUIT\r\n'),
    abort,
    close: () => {
      socket.removeAllListeners();
      socket.on('error', () => {}); // of the goodbye; the mail is with the server
      socket.end();
      setTimeout(() => socket.destroy(), 2000).unref();
    },
  };
}
