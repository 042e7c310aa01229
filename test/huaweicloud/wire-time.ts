/** Each service writes instants in its own format; the world keeps them in ISO 8601. */

/** Billing, ECS, DeH: 2026-01-01T00:00:00Z */
export const utcSeconds = (instant: string): string => `${new Date(instant).toISOString().slice(0, 19)}Z`;

/** CBR, and `OS-SRV-USG:launched_at` of ECS: microseconds, without a time zone. */
export const withoutZone = (instant: string): string => `${new Date(instant).toISOString().slice(0, 23)}000`;

/** RDS: 2018-08-20T02:33:49+0800, in UTC+8 [inference: the zone of the vendor's example]. */
export const beijingTime = (instant: string): string => `${inBeijing(instant).toISOString().slice(0, 19)}+0800`;

/** Bills: the day in UTC+8. */
export const beijingDay = (instant: string): string => inBeijing(instant).toISOString().slice(0, 10);

const inBeijing = (instant: string): Date => new Date(Date.parse(instant) + 8 * 3_600_000);

/** MRS: seconds since 1970 as text. */
export const epochSeconds = (instant: string): string => String(Math.floor(Date.parse(instant) / 1_000));
