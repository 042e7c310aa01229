// Calls an address over each kind of connection and prints how that ended: for what only a new process can show.
import { deadline, seconds, systemClock } from '../../../operator/clock.ts';
import { signRequest } from '../../../operator/huaweicloud/signing.ts';
import { openTransport } from '../../../operator/huaweicloud/transport.ts';

const [origin = ''] = process.argv.slice(2);
const transport = openTransport();
const request = signRequest({ method: 'GET', origin, path: [] }, { accessKey: 'AK', secretKey: () => 's' }, new Date());
const endings: string[] = [];
for (const connection of ['Pooled', 'Fresh'] as const) {
  const { kind } = await transport.exchange(request, { signal: deadline(systemClock, seconds(10)), connection });
  endings.push(`${connection} ${kind}`);
}
console.log(endings.join(', '));
transport.close();
