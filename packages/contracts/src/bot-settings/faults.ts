/** What is wrong with settings, in words for people: the schema library's own words name types. */
import type { z } from 'zod';

export interface SettingsFault {
  /** Path of the field, such as `takeProfits.0.percent`; null where the whole is at fault. */
  readonly field: string | null;
  readonly reason: string;
}

type Issue = z.ZodError['issues'][number];

/** Every fault with its field. */
export const settingsFaults = ({ issues }: z.ZodError): readonly SettingsFault[] =>
  issues.flatMap((issue) => {
    const field = issue.path.join('.');
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        field: [...issue.path, key].join('.'),
        reason: 'is not a setting of this kind of bot',
      }));
    return [{ field: field === '' ? null : field, reason: reasonOf(issue) }];
  });

const types: Readonly<Record<string, string>> = {
  string: 'must be text in quotes such as "0.5"',
  number: 'must be a number without quotes',
  int: 'must be a whole number without quotes',
  boolean: 'must be true or false',
  array: 'must be a list',
  object: 'must be an object',
};

/** Of one fault, in words for people. */
export function reasonOf(issue: Issue): string {
  const { message } = issue;
  if (message.endsWith('received undefined')) return 'is missing';
  if (issue.code === 'invalid_type' && message.startsWith('Invalid input')) return types[issue.expected] ?? message;
  if ((issue.code === 'too_small' || issue.code === 'too_big') && message.startsWith('Too ')) return boundOf(issue);
  if (issue.code === 'invalid_value' && message.startsWith('Invalid option')) return `must be one of ${issue.values.join(', ')}`;
  return message;
}

const counted: Readonly<Record<string, readonly [verb: string, things: string]>> = {
  string: ['have', ' characters'],
  array: ['have', ' items'],
};

function boundOf(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>): string {
  const [verb, things] = counted[issue.origin] ?? ['be', ''];
  const bound = issue.code === 'too_big' ? `at most ${issue.maximum}` : `at least ${issue.minimum}`;
  return `must ${verb} ${bound}${things}`;
}

/** `size: is missing; colour: is not a setting of this kind of bot`. */
export const faultsInWords = (faults: readonly SettingsFault[]): string =>
  faults.map(({ field, reason }) => (field === null ? reason : `${field}: ${reason}`)).join('; ');
