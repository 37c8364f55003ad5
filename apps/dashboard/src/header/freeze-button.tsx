import type { VaultStatusView } from '@holdfast/contracts';
import { Button, TextInput } from '@mantine/core';
import { useRef } from 'react';
import { Confirm } from '../parts/confirm.tsx';
import { OwnersPage } from '../vault/owners-page.tsx';

interface FreezeButtonProps {
  readonly state: VaultStatusView['state'] | undefined;
  readonly portal: string | null | undefined;
  /** One account only; all when left out. */
  readonly account?: string;
  /** It is frozen already. */
  readonly done: boolean;
}

/** Stops new risk at once, after asking. To undo it is an owner's act and not possible from here. */
export function FreezeButton({ state, portal, account, done }: FreezeButtonProps) {
  const reason = useRef<HTMLInputElement>(null);
  const body = () => ({
    reason: reason.current?.value.trim() || 'frozen from the dashboard',
    ...(account === undefined ? {} : { account }),
  });
  const isAway = state === undefined || state === 'sealed' || state === 'unreachable';
  return (
    <Confirm
      title={account === undefined ? 'Freeze the vault?' : `Freeze account ${account}?`}
      yes="Freeze now"
      no="Keep trading"
      path="/api/freeze"
      body={body}
      asks={(open) => (
        <Button className="freeze" variant="outline" size="xs" disabled={isAway || done} onClick={open}>
          {done ? 'Frozen' : account === undefined ? 'Freeze' : `Freeze ${account}`}
        </Button>
      )}
    >
      <p>The vault withdraws the buys that rest at the exchange and signs no new order. Take profits that rest stay there.</p>
      <p className="quiet modal-note">
        To unfreeze is an act of the owner and cannot be done from here: <OwnersPage portal={portal} />, or{' '}
        <code>npx holdfast unfreeze</code>. If keys may be in wrong hands, kill instead: there, or with{' '}
        <code>npx holdfast kill</code>.
      </p>
      <TextInput
        ref={reason}
        label="Reason"
        description="Kept in the vault's journal"
        placeholder="frozen from the dashboard"
        maxLength={200}
        data-autofocus
      />
    </Confirm>
  );
}
