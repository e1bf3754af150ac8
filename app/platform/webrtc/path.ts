/** What a WebRTC connection tells of the way that its packets take. No address leaves this file. */
import type { Path } from '../../core/transport/link.ts';

type Report = Readonly<Record<string, unknown>>;

/** @returns `undefined` while no pair of candidates is chosen. Rejects if the connection is closed. */
export async function pathOf(pc: RTCPeerConnection): Promise<Path | undefined> {
  const stats = await pc.getStats();
  const reports = new Map<string, Report>();
  stats.forEach((report: Report) => reports.set(String(report.id), report));
  const pair = chosenPair(reports);
  const [ours, theirs] = [pair?.localCandidateId, pair?.remoteCandidateId].map((id) => reports.get(String(id)));
  if (!pair || !ours) return undefined;
  const isRelayed = ours.candidateType === 'relay' || theirs?.candidateType === 'relay';
  const seconds = pair.currentRoundTripTime;
  return {
    route: isRelayed ? 'relay' : 'direct',
    protocol: protocolOf(ours),
    roundTrip: typeof seconds === 'number' ? seconds * 1000 : undefined,
  };
}

/** Chromium names the pair in its transport's report; Firefox marks it. */
function chosenPair(reports: ReadonlyMap<string, Report>): Report | undefined {
  const all = [...reports.values()];
  const chosen = all.find(({ type }) => type === 'transport')?.selectedCandidatePairId;
  const isChosen = ({ type, nominated, state, selected }: Report) =>
    type === 'candidate-pair' && (selected === true || (nominated === true && state === 'succeeded'));
  return reports.get(String(chosen)) ?? all.find(isChosen);
}

/** How packets leave: to a relay of ours in its own protocol, which need not be that of the relay's other side. */
function protocolOf({ protocol, relayProtocol }: Report): Path['protocol'] {
  const name = relayProtocol ?? protocol;
  return name === 'tcp' || name === 'tls' ? name : 'udp';
}
