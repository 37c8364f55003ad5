import type { AccountId, Pair, SubKeyId } from '@holdfast/domain';

export type RuleName = 'R1' | 'R2' | 'R3' | 'R4' | 'R5' | 'R6' | 'R7' | 'R8' | 'R9' | 'R10' | 'R11' | 'R12';

/** `freeze-pair`: no new risk in the pair, vault-wide. `deny`: this order only. */
export type RuleAction = 'reduce-only' | 'freeze' | 'freeze-sub-key' | 'freeze-pair' | 'deny' | 'warn';

/** What a rule found; the signer journals it and carries it out. */
export interface RuleFinding {
  readonly rule: RuleName;
  readonly action: RuleAction;
  /** Whom it concerns; null where it concerns all. */
  readonly account: AccountId | null;
  readonly subKey: SubKeyId | null;
  readonly pair: Pair | null;
  /** One sentence that names the thing, the value and the limit. */
  readonly reason: string;
}
