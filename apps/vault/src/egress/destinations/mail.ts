/**
 * A notice as a mail (RFC 5322, 2045, 2047): headers in ASCII, a subject in other letters as encoded words, the text as it is
 * where every line is short ASCII, else in base64.
 */
import type { NoticeFrame } from '../../frames/notices.ts';
import { NoticeError } from './dial.ts';

const addressForm = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;
/** RFC 2047: an encoded word has at most 75 characters, of which 12 are its frame; base64 turns 45 bytes into 60. */
const wordBytesMax = 45;
/** RFC 5321 allows 998; longer ones are encoded with room to spare. */
const plainLineMax = 900;

/** An address that may stand in a command and a header. @throws NoticeError */
export function mailbox(address: string): string {
  if (!addressForm.test(address)) throw new NoticeError(`${JSON.stringify(address)} is not a mail address`, true);
  return address;
}

/** Text for a header: as it is, or as encoded words. Line ends and other control characters become spaces. */
export function headerText(text: string): string {
  const line = text.replace(/\p{Cc}+/gu, ' ').trim();
  if (/^[\x20-\x7e]*$/.test(line) && !line.includes('=?')) return line;
  const words: string[] = [];
  let word = '';
  for (const letter of line) {
    if (Buffer.byteLength(word + letter) > wordBytesMax) {
      words.push(word);
      word = '';
    }
    word += letter;
  }
  words.push(word);
  return words.map((it) => `=?UTF-8?B?${Buffer.from(it).toString('base64')}?=`).join('\r\n ');
}

/** The whole message with CRLF line ends, not yet dot-stuffed. `id` is unique, `at` unix ms. @throws NoticeError */
export function mailOf(notice: NoticeFrame, from: string, to: string, id: string, at: number): string {
  const lines = bodyLines(notice);
  const isPlain = lines.every((line) => line.length <= plainLineMax && /^[\x20-\x7e\t]*$/.test(line));
  const encoded = Buffer.from(lines.join('\r\n'), 'utf8').toString('base64');
  const body = isPlain ? lines : (encoded.match(/.{1,76}/g) ?? []);
  const headers = [
    `From: ${mailbox(from)}`,
    `To: ${mailbox(to)}`,
    `Subject: ${headerText(notice.title)}`,
    `Date: ${new Date(at).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${id}@${from.slice(from.lastIndexOf('@') + 1)}>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Transfer-Encoding: ${isPlain ? '7bit' : 'base64'}`,
    'Auto-Submitted: auto-generated',
    ...(notice.priority === 'high' || notice.priority === 'urgent' ? ['Importance: high', 'X-Priority: 1'] : []),
  ];
  return `${[...headers, '', ...body].join('\r\n')}\r\n`;
}

/** The notice's text in lines; an anchor ends with its checkpoint on a line of its own. */
export function bodyLines({ text, checkpoint }: Pick<NoticeFrame, 'text' | 'checkpoint'>): string[] {
  const lines = text.split(/\r\n|\r|\n/);
  return checkpoint === null ? lines : [...lines, '', JSON.stringify(checkpoint)];
}

/** RFC 5321, 4.5.2: a line that begins with a dot gets another. */
export const dotStuffed = (message: string): string => message.replace(/^\./gm, '..');
