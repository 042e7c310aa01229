import type { CountMismatch } from '../api/count-mismatch.ts';
import type { DepartedVirtualMachine, VirtualMachineService } from '../api/dccserver.ts';
import type { Milliseconds } from '../clock.ts';
import type { RowState } from './row-state.ts';

/** What a source said, or why it could not be read. A source that cannot be read blocks: it is never taken for empty. */
export type Reading<Value> = { kind: 'Read'; value: Value } | { kind: 'Unreadable'; failure: ReadFailure };

export interface ReadFailure {
  /** The source in words, such as `ECS servers`. */
  source: string;
  cause: 'Credentials' | 'WrongSite' | 'AccountFrozen' | 'Permission' | 'Unavailable' | 'Unparsable' | 'Configuration';
  message: string;
  remedy: string;
}

/** The account that pays for the server. */
export interface AccountState {
  /** Total arrears: an exact decimal text, and its currency. */
  debt: string;
  currency: string;
  inArrears: boolean;
  /** Orders that have not come to an end, with the type of service they are about. */
  openOrders: readonly OpenOrder[];
  /** The billing centre's own time, at the earliest; undefined when it did not tell it. */
  cloudTime: Date | undefined;
}

export interface OpenOrder {
  orderId: string;
  state: 'Unpaid' | 'Processing' | 'PendingApproval';
  serviceTypeCode: string | undefined;
}

/** The billing row of a server, and the rows of the resources that hang on it. */
export interface Subscription {
  status: RowState;
  isPrimary: boolean;
  region: string | undefined;
  projectId: string | undefined;
  serviceTypeCode: string | undefined;
  effectiveTime: string | undefined;
  expireTime: string | undefined;
  autoRenewal: boolean;
  secondaries: readonly SecondaryResource[];
}

export interface SecondaryResource {
  resourceId: string;
  name: string;
  type: string;
}

export type BackupJudgement =
  | { kind: 'Protected'; id: string; createdAt: string }
  | { kind: 'Unprotected'; problem: NonNullable<DepartedVirtualMachine['problem']> }
  | { kind: 'Unreadable'; failure: ReadFailure };

export interface DependentMachine {
  id: string;
  name: string;
  service: VirtualMachineService;
  /** As the cloud says it, or `InRecycleBin`. */
  status: string;
  /** Whether the cloud tells that it is on this server, or not where it is: then it counts all the same. */
  placed: 'Here' | 'MaybeHere';
  /** Whether a backup would protect its data if it were deleted now. */
  backup: BackupJudgement;
}

/** Everything that is, or may be, on the server. */
export interface Dependents {
  /** How the machines were told apart: by the cloud's own list of the host, by the mapping in spec, or not at all. */
  basis: 'HostList' | 'Mapping' | 'WholeZone';
  /** Sorted by name, then id. */
  machines: readonly DependentMachine[];
  mismatch: CountMismatch | undefined;
  /** Ids of machines that are alive in the project, on whatever host: to tell migrated from deleted. */
  aliveElsewhere: Pick<ReadonlySet<string>, 'has'>;
}

/** One look at a server. */
export interface ServerObservation {
  observedAt: Date;
  /** The same moment by `clock.elapsed`: all of it had been read, by all servers that share the reading. */
  readBy: Milliseconds;
  /** When, by `clock.elapsed`, all who share the reading look again, so that they share the next one too. */
  nextPollAt: Milliseconds;
  account: Reading<AccountState>;
  subscription: Reading<Subscription>;
  dependents: Reading<Dependents>;
  /** Whether the cloud says that new machines may be placed on the server although nobody names it. */
  autoPlacement: boolean;
  /**
   * The machines in the ledger of the server, each judged anew by the backups there are now. Unreadable when one of them
   * needs a backup and the backups cannot be read: the status then keeps what was last known, which proves nothing.
   */
  departed: Reading<readonly DepartedVirtualMachine[]>;
}

/** The first failure of the readings that tell what a server is, or undefined when all could be read. */
export function firstFailure(observation: ServerObservation): ReadFailure | undefined {
  for (const reading of [observation.account, observation.subscription, observation.dependents]) {
    if (reading.kind === 'Unreadable') return reading.failure;
  }
  return undefined;
}
