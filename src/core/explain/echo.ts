import type { Evidence } from '../../contract/incident.js'
import { HOUR, MINUTE } from '../../contract/time.js'
import { ago, type Question, type Upstream, type Weighed } from './question.js'

/**
 * What makes people report where nothing of ours fails: a claim that goes round, a few who repeat themselves, people who join in,
 * and trouble of somebody else. Asked only while our own telemetry is readable and healthy.
 */

/** Texts of one kind among those that say anything, and the fewest that are a kind. */
const RUMOUR_SHARE = 0.3
/** The fewest texts that pass on a claim and are a kind. */
const RUMOURS_LEAST = 5
/** Real people press once or twice: from here on repetition makes the spike. */
const NOISE_REPEATED_SHARE = 0.5
/** Share of reports that were kept out as possibly coordinated, from which the same is said. */
const COORDINATED_SHARE = 0.3
/** Reports and posts that follow news of somebody else come within so long. */
const COLLATERAL_MS = 2 * HOUR
/** People may be up to so much earlier than the news that they follow: onsets are known no better. */
const EARLY_MS = 10 * MINUTE

export function weighEchoes(q: Question): Weighed[] {
  if (!q.contradicted) return []
  const out: Weighed[] = []
  const healthy: Evidence = { says: 'our own requests do not fail', bits: 2, refs: [] }
  const crowd = q.crowd
  if (crowd) {
    const texts = crowd.complaints + crowd.rumours + crowd.quality
    if (crowd.rumours >= RUMOURS_LEAST && crowd.rumours >= RUMOUR_SHARE * texts)
      out.push(
        weighed('rumour', 'A claim that goes round', 'Ask those who repeat it what they saw themselves', [
          {
            says: `${crowd.rumours} of ${texts} texts repeat a claim; they do not say what their writers saw`,
            bits: Math.min(5, 2 + (3 * crowd.rumours) / texts),
            refs: [],
          },
          healthy,
        ]),
      )
    const doubted = crowd.coordinated / Math.max(1, crowd.reports + crowd.coordinated)
    if (crowd.repeated >= NOISE_REPEATED_SHARE || doubted >= COORDINATED_SHARE)
      out.push(
        weighed('bots', 'A few who repeat themselves', 'See whether anybody reports from elsewhere', [
          {
            says:
              crowd.repeated >= NOISE_REPEATED_SHARE
                ? `${percent(crowd.repeated)} of the reports repeat their sender, network or text`
                : `${percent(doubted)} of what came looks coordinated and was not counted`,
            bits: 4,
            refs: [],
          },
          healthy,
        ]),
      )
    // People who join in follow what is public, and share neither a place nor a part of the product.
    const nowhere = q.components.length === 0 && q.segments.every(x => Object.keys(x.where).length === 0)
    if (q.posted && nowhere && crowd.reports > 0)
      out.push(
        weighed('copycats', 'People who join in', 'See whether reports fall as soon as posts about it do', [
          { says: 'reports share neither a place nor a component', bits: 1, refs: [] },
          { says: 'many posts are public that can be joined', bits: 1, refs: [] },
          healthy,
        ]),
      )
  }
  for (const other of q.others ?? []) {
    const lead = q.onset - other.onset
    if (lead < -EARLY_MS || lead > COLLATERAL_MS) continue
    out.push(
      weighed(
        `collateral:${other.id}`,
        `${other.name} is failing, and people report it here too`,
        `See whether reports end when ${other.name} is back`,
        [
          {
            says: `${other.name} has been in trouble since ${ago(Math.max(0, lead))} before`,
            bits: 4,
            refs: [other.incident],
          },
          healthy,
        ],
      ),
    )
  }
  return out
}

const weighed = (subject: string, title: string, settles: string, because: Evidence[]): Weighed => ({
  subject,
  title,
  bits: ECHO_PRIOR_BITS + because.reduce((sum, e) => sum + e.bits, 0),
  because,
  settles,
})

/** Each kind of echo is a rare reason for an alarm. */
const ECHO_PRIOR_BITS = -2.5

const percent = (share: number): string => `${Math.round(100 * share)} %`

/** A service that this one stands on and that is in trouble itself. */
export function weighUpstream(u: Upstream, q: Question): Weighed {
  const lead = q.onset - u.onset
  const bits = lead >= -EARLY_MS && lead < COLLATERAL_MS ? 6 : lead >= COLLATERAL_MS ? 2 : -4
  const says =
    lead >= 0
      ? `has had an incident since ${ago(lead)} before this onset`
      : `has an incident that began ${ago(-lead)} after this onset`
  return {
    subject: `dependency:${u.id}`,
    title: `${u.name}, which this service stands on`,
    bits,
    because: [{ says, bits, refs: [u.incident] }],
    settles: `See whether the calls to ${u.name} fail before ours do, and whether both mend together`,
  }
}
