import type { VaultStatusView } from '@holdfast/contracts';
import { Button, Modal, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type FormEvent, useState } from 'react';
import { useChange } from '../api/queries.ts';

/** Stops new risk at once, after asking. To undo it is an owner's act and not possible from here. */
export function FreezeButton({ state }: { readonly state: VaultStatusView['state'] | undefined }) {
  const [asked, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button
        className="freeze"
        variant="outline"
        size="xs"
        disabled={state === undefined || state === 'frozen' || state === 'unreachable'}
        onClick={open}
      >
        {state === 'frozen' ? 'Frozen' : 'Freeze'}
      </Button>
      <Modal opened={asked} onClose={close} title="Freeze the vault?" centered closeButtonProps={{ 'aria-label': 'Close' }}>
        <FreezeForm close={close} />
      </Modal>
    </>
  );
}

function FreezeForm({ close }: { readonly close: () => void }) {
  const [reason, setReason] = useState('');
  const freeze = useChange('/api/freeze');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    freeze.mutate({ reason: reason.trim() || 'frozen from the dashboard' }, { onSuccess: close });
  };
  return (
    <form onSubmit={submit}>
      <p>The vault withdraws the buys that rest at the exchange and signs no new order. Take profits that rest stay there.</p>
      <p className="quiet modal-note">
        To unfreeze is an act of the owner and cannot be done from this page: <code>npx holdfast unfreeze</code>
      </p>
      <TextInput
        label="Reason"
        description="Kept in the vault's journal"
        placeholder="frozen from the dashboard"
        maxLength={200}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        data-autofocus
      />
      <p className="form-error" role="alert">
        {freeze.error?.message}
      </p>
      <div className="form-end">
        <Button variant="default" onClick={close}>
          Keep trading
        </Button>
        <Button color="coral" type="submit" loading={freeze.isPending}>
          Freeze now
        </Button>
      </div>
    </form>
  );
}
