// Whether a server can be given another role, and keeps it over a restart.

import { type ServerDetails } from './server-details';
import { error, type Remark, warning } from './finding';
import { type BothServers } from './server-checks';

/** CONFIG of the old server, whose fence may be volatile if that was accepted. */
export function oldConfigChecks(both: BothServers, acceptVolatileFence: boolean): Remark[] {
  return [...fence(both.old, acceptVolatileFence), ...changedSettings(both)];
}

function fence(old: ServerDetails, acceptVolatileFence: boolean): Remark[] {
  if (old.configError !== undefined)
    return [
      configUnusable(
        old,
        'if rename-command gave CONFIG another name, put it into the Secret of renamedCommands of the move',
      ),
    ];
  const reason = rewriteFailure(old);
  if (reason === undefined) return [];
  const effect = `A RESTART OF ${old.address} WOULD LIFT ITS FENCE, and it would serve outdated data: ${reason}`;
  const remedy =
    'start it on a file that it may write; otherwise cutover refuses without --accept-volatile-fence, and after it the old server must not be started again';
  const remark = acceptVolatileFence ? warning : error;
  return [remark('volatile-fence', `${effect}; ${remedy}`)];
}

/** What the fence sets, and no rollback sets back. */
function changedSettings({ old, password, keepLegacyInSync }: BothServers): Remark[] {
  const { address, setting } = old;
  const masterauth = setting('masterauth') ?? '';
  const masteruser = setting('masteruser') ?? '';
  const changed = [
    ...['replica-read-only', 'replica-serve-stale-data']
      .filter((name) => setting(name) === 'no')
      .map((name) => [name, 'no', 'yes']),
    ...(keepLegacyInSync && masterauth !== '' && masterauth !== password
      ? [['masterauth', 'another one', 'the password of the fleet']]
      : []),
    ...(keepLegacyInSync && masteruser !== '' ? [['masteruser', masteruser, 'empty']] : []),
  ];
  return changed.map(([name, value, after]) =>
    warning(
      'settings',
      `${name} of ${address} is ${value}, and will be ${after} after a cutover, also if that is rolled back; set it by hand then if that server is to be a replica`,
    ),
  );
}

/** CONFIG of the new server, which must keep its role. */
export function newConfigChecks(fresh: ServerDetails): Remark[] {
  if (fresh.configError !== undefined) return [configUnusable(fresh, 'run the image without rename-command')];
  const reason = rewriteFailure(fresh);
  if (reason === undefined) return [];
  const effect = `${fresh.address} would forget its role at a restart: ${reason}`;
  return [error('volatile-role', `${effect}; let it start on a file that it may write`)];
}

function configUnusable({ address, configError = '' }: ServerDetails, remedy: string): Remark {
  return error('config', `CONFIG cannot be used on ${reasonAt(address, configError)}; ${remedy}`);
}

function rewriteFailure({ view, rewriteError }: ServerDetails): string | undefined {
  const file = view.info.text('config_file');
  if (file === '') return 'it runs without a configuration file';
  return rewriteError === undefined ? undefined : `CONFIG REWRITE cannot be used on ${file} (${rewriteError})`;
}

/** Messages of servers begin with their address. */
function reasonAt(address: string, message: string): string {
  return message.startsWith(`${address}: `) ? message : `${address}: ${message}`;
}
