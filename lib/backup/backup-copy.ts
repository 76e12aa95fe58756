// The copies of backups at a remote of rclone.

import { type SecretKey } from '../common/secret-key';

/** Copies of the backups at another place: S3, or any other remote of rclone. */
export interface BackupCopy {
  /** The remote and the path, such as `s3:bucket/redis`. The backups are in a directory with the name of the fleet there. */
  readonly remote: string;

  /** The configuration of rclone with that remote. The default key is `rclone.conf`. */
  readonly config: SecretKey;

  /**
   * When the backups are copied, as a cron expression.
   * @default '17 5 * * *', two hours after the backup
   */
  readonly schedule?: string;

  /**
   * The image of rclone, with a shell.
   * @default docker.io/rclone/rclone:1.68.2
   */
  readonly image?: string;

  /**
   * The port of the remote, to which the network policy allows connections.
   * @default 443
   */
  readonly port?: number;
}
