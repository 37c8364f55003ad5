/** How one mandate differs from the one in force. */
import type { Mandate } from '@holdfast/domain';
import { compareMandates } from '@holdfast/policy';

export interface MandateChange {
  readonly kind: 'first' | 'narrower' | 'equal' | 'wider';
  /** One sentence per field that differs. */
  readonly changes: readonly string[];
}

export function changeOf(before: Mandate | null, after: Mandate): MandateChange {
  const { change, changes } = compareMandates(before, after);
  return { kind: before === null ? 'first' : change, changes };
}
