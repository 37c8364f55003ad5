/** Every command of `holdfast`, in the order of its help. */
import type { Command } from 'commander';
import { addAccountCommands } from './account.ts';
import { addArchiveCommands } from './archive.ts';
import { addAuditCommands } from './audit.ts';
import { addBacktestCommands } from './backtest.ts';
import { addDataCommands } from './data.ts';
import { addDrillCommand } from './drill.ts';
import { addExchangeCommands } from './exchange.ts';
import { addGuardCommands } from './guards.ts';
import { addIncidentCommands } from './incident.ts';
import { addKillCommand } from './kill.ts';
import { addLookCommands } from './look.ts';
import { addOwnerCommands } from './owner.ts';
import { addParityCommand } from './parity.ts';
import { addRunCommands } from './run.ts';
import { addServiceCommands } from './service.ts';
import { addSignalCommands } from './signal.ts';
import { addStrategyCommands } from './strategy.ts';
import { addSubKeyCommands } from './sub-key.ts';
import { addSweepCommands } from './sweep.ts';
import { addUnsealerCommands } from './unsealer.ts';
import { addVaultCommands } from './vault.ts';
import { addVaultAdminCommands } from './vault-admin.ts';

export function addAllCommands(root: Command): void {
  addRunCommands(root);
  addLookCommands(root);
  addVaultCommands(root);
  addVaultAdminCommands(root);
  addUnsealerCommands(root);
  addServiceCommands(root);
  addSubKeyCommands(root);
  addSignalCommands(root);
  addGuardCommands(root);
  addStrategyCommands(root);
  addAuditCommands(root);
  addIncidentCommands(root);
  addKillCommand(root);
  addAccountCommands(root);
  addOwnerCommands(root);
  addDataCommands(root);
  addBacktestCommands(root);
  addSweepCommands(root);
  addExchangeCommands(root);
  addArchiveCommands(root);
  addDrillCommand(root);
  addParityCommand(root);
}
