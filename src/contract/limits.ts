import { DAY, HOUR, MINUTE, SECOND } from './time.js'

// Every limit of the door, of the log and of the server, with its arithmetic and what happens when it is reached.

/** Times outside are typing errors or wrong units (seconds read as milliseconds fall into January 1970): rejected. */
export const EARLIEST_MS = Date.UTC(2000, 0, 1)
export const LATEST_MS = Date.UTC(2070, 0, 1)

/** `wall` clock: a sender's clock may be this far ahead of ours. A signal further ahead is rejected. */
export const SKEW_WALL_MS = 10 * MINUTE
/** `signals` clock: one line may move log time at most this far (a year and a margin). Further ahead is rejected. */
export const SKEW_SIGNALS_MS = 400 * DAY

/** An observation further behind log time is rejected; a fact may be older. */
export const MAX_AGE_MS = 48 * HOUR
/**
 * A service + id is remembered this long in log time. Longer than MAX_AGE_MS plus the skew by an hour and more: an
 * observation that has been forgotten here is too old to be let in again, so it can never count twice.
 */
export const DEDUPE_MS = 50 * HOUR
/** Remembered ids: 64 shards × 2^18 slots × 12 bytes = 201 MB at most, 12.5 million ids at three quarters full. */
export const DEDUPE_SHARDS = 64
/** Slots of one shard at most. When they are taken the oldest minutes are forgotten early, and what is older than these is refused. */
export const DEDUPE_SHARD_SLOTS_MAX = 2 ** 18

/** Characters. Longer ones are rejected. */
export const ID_CHARS = 200
/** Characters of the name of a service. Longer ones are rejected. */
export const SERVICE_CHARS = 100
/** A database of addresses, which lies in memory whole: the largest of cities that is sold has some 120 MB. A larger one is refused. */
export const GEOIP_BYTES = 300 * 1024 * 1024
/** Characters of the name of a label. Longer ones are rejected. */
export const LABEL_NAME_CHARS = 64
/** Characters of the value of a label, and of the id of a component. Longer ones are rejected. */
export const LABEL_VALUE_CHARS = 200
/** Characters of the unit of a gauge, as UCUM writes it. Longer ones are rejected. */
export const GAUGE_UNIT_CHARS = 20
/** Characters of a title. Longer ones are rejected. */
export const TITLE_CHARS = 500
/** Characters of a text that somebody wrote; a long post has 3,000. Longer ones are rejected. */
export const TEXT_CHARS = 8_000
/** Characters of an address; browsers and proxies take about so many. Longer ones are rejected. */
export const HREF_CHARS = 2_000

/** Labels on one signal: the thirteen well-known ones and as many own. More: the signal is rejected. */
export const LABELS_PER_SIGNAL = 26
/**
 * Distinct values of one label name of one service within two label epochs. A country label has 250 values, networks
 * and cities worth telling apart a thousand. A signal that would bring one more is rejected; known values still count.
 */
export const LABEL_VALUES_PER_SERVICE = 2_000
/** Distinct label names of one service; the same consequence. */
export const LABEL_NAMES_PER_SERVICE = 64
/** All label values of a workspace: about 120 bytes each, 60 MB. The same consequence. */
export const LABEL_VALUES_PER_WORKSPACE = 500_000
/**
 * Beside all these, for what people choose from short lists (country, platform, sort of problem): no sender of signals can
 * use that up. 700 values of a service at most; beyond it a report counts without its label.
 */
export const LABEL_VALUES_CHOSEN = 100_000
/**
 * Services of a workspace: the 33,000 that a community follows in 67 countries and a fifth more. One that people report on takes some
 * 40 KB of memory and 11 KB of a snapshot while it is heard of, 3 KB of both while it sleeps (bench/results/world.md). SQLite holds a billion
 * bytes of a snapshot: more services would leave none. A signal for one more is rejected; those of the configuration are let in.
 */
export const SERVICES_PER_WORKSPACE = 40_000
/** Of new services and of new label values one named token may bring this share; the owner's token may bring all. */
export const TOKEN_SHARE = 0.5
/** A label value not seen in the present epoch nor the one before is forgotten, so that version labels can move on. */
export const LABEL_EPOCH_MS = 15 * DAY

/** Counts above are rejected: a million windows of this size still add up exactly in a double. */
export const COUNT_MAX = 1e9
/** Longest window that the counts of one metric cover. Longer ones are rejected: nothing would be known of when. */
export const WINDOW_MAX_MS = DAY
/** Longest answer time of a check. Longer ones are rejected: they are typing errors or another unit. */
export const LATENCY_MAX_MS = HOUR

/** Lists inside a fact; longer ones are rejected. */
export const ROLLOUT_STEPS = 200
/** Values of one label in the scope of a change, and codes of one edge. More: the fact is rejected. */
export const SCOPE_VALUES = 1_000
/** Components, dependencies or edges of one topology. More: the fact is rejected. */
export const TOPOLOGY_NODES = 1_000

/** Bins of a past that is taught at once, of one service: ten weeks by the minute are 100,800. More: 400. */
export const PAST_BINS = 110_000

/** Bytes of one NDJSON line. A topology of 1,000 nodes takes 100 KB. The rest of a longer line is skipped unread. */
export const LINE_BYTES = 256 * 1024
/** and of one in the log, where it says whose id it carries. */
export const LOG_LINE_BYTES = LINE_BYTES + 128
/** NDJSON is read as it streams, so this bounds time, not memory. Beyond it: 413, what came before counts. */
export const REQUEST_BYTES = 512 * 1024 * 1024
/** A JSON array or CloudEvents batch has to be held whole. Beyond it: 413, nothing counts. */
export const ARRAY_BYTES = 8 * 1024 * 1024
/** Such bodies held at once: 64 MB of text and a few times as much once read. Beyond it the largest holder's are refused first (503). */
export const ARRAYS_OPEN = 8
/**
 * Lines of one request that are no signal (refused or blank), beside as many as were good. Beyond it: 400 with the counts so
 * far, and the rest is not read: three million bad lines fit into some kilobytes of gzip.
 */
export const BAD_LINES = 10_000
/**
 * Bodies of at least REFUSED_BYTES, unpacked, that were refused before their end, of one token from one subscriber's line:
 * each cost as much work as ten thousand good signals. Beyond it: 429 before anything is read.
 */
export const REFUSED_BYTES = 16 * 1024
export const REFUSED_BODIES = { burst: 20, perMinute: 20 }
/** Tokens and lines of which that is remembered: 120 bytes each; the one that erred longest ago starts anew. */
export const REFUSED_SENDERS = 10_000
/** Levels of a JSON document, in every body and line. A topology has five. Deeper ones are refused before they are read. */
export const JSON_DEPTH = 32
/** Rejected lines named in one answer; the others are only counted. */
export const REJECTS_LISTED = 100
/** Characters of a rejected value that are repeated. */
export const REJECT_VALUE_CHARS = 80

/** Bytes of one log row; a longer request is cut into several rows. */
export const LOG_ROW_BYTES = 1024 * 1024
/** Accepted bytes that wait for the disk. Beyond it new requests get 503 and Retry-After. */
export const QUEUE_BYTES = 64 * 1024 * 1024
/**
 * Requests being read at once, each holding at most LINE_BYTES + LOG_ROW_BYTES: 160 MB. Beyond it: 503 for the largest
 * holder, by token, network, prefix and address; one that stands still makes room for anybody.
 */
export const REQUESTS_OPEN = 128
/** Of them one address may have. People's reports have their own. */
export const REQUESTS_SHARE = { token: 128, network: 128, prefix: 112, address: 96 }
/** A body that has brought less than SLOW_BYTES a second since it began, SLOW_MS ago or longer, stands still. */
export const SLOW_MS = 2 * SECOND
/** Bytes a second below which a body stands still: a modem of 1995 brings three times as many. */
export const SLOW_BYTES = 1_024
/** Nothing of a body for so long: 408 with the counts so far. */
export const BODY_IDLE_MS = 30 * SECOND
/** Reports of people on their way to the log at once, 2 KB each. Beyond it: 503. */
export const REPORTS_OPEN = 2_000
/** Signals that are durable but not yet folded: a minute of the engine's work. Beyond it: 503 and Retry-After. */
export const BACKLOG_SIGNALS = 8_000_000
/** Shortest time between two group commits: 50 fsyncs a second at most. */
export const GROUP_COMMIT_MS = 20
/** What a sender is asked to wait after a 503: a hundred group commits. */
export const RETRY_AFTER_MS = 2 * SECOND

/**
 * Questions that wait for their turn to be worked on: those whose answers do not lie ready. More of an address get 503; when
 * all places are taken, the newest of whoever has most waiting.
 */
export const TURNS_WAITING = 2_000
export const TURNS_SHARE = { network: 1_000, prefix: 500, address: 250 }
/** Answers for pages that lie ready as bytes: 30 KB each, a thousand of them. Beyond it those asked for longest ago go. */
export const SHELF_BYTES = 32 * 1024 * 1024
/** The head of a request, for both readers of it. Longer: 431. */
export const HEAD_BYTES = 16 * 1024
/**
 * Questions for what does not lie ready that a connection may be ahead of their answers, 4 KB each: browsers and proxies wait for
 * each answer. More: it is closed.
 */
export const PIPELINED = 32
/** A head has to arrive within HEAD_MS, a form or an order within FORM_MS: 408. */
export const HEAD_MS = 15 * SECOND
/** A form or an order has to arrive within this: 408. A phone with a bad connection sends 64 KB in less. */
export const FORM_MS = 30 * SECOND
/**
 * Open connections, 10 KB each and at most 100 KB where answers are not read: 80 to 800 MB. When all are taken, the newest of whoever holds most (by network, in it by prefix
 * and address) is closed for a newcomer who holds less. Those of our own proxies are not counted: they watch over their own.
 */
export const CONNECTIONS = 8_000
export const CONNECTIONS_SHARE = { network: 6_400, prefix: 4_800, address: 4_000 }
/**
 * Server-sent event clients, shared like connections: whoever holds most makes room for newcomers who hold less; else 503,
 * and pages ask every half minute instead. A client that has 64 KB to read before it is told more is dropped.
 */
export const STREAM_CLIENTS = 5_000
export const STREAM_SHARE = { network: 4_000, prefix: 3_000, address: 2_500 }
/** Bytes that one client has not read yet, beyond which it is dropped; it connects again and starts from now. */
export const STREAM_BUFFER_BYTES = 64 * 1024
/** A comment so often keeps proxies from closing a stream; they wait 30 seconds or more. */
export const STREAM_HEARTBEAT_MS = 15 * SECOND

/**
 * People's own door: reports that are noted in full, by address prefix (IPv4 /24, IPv6 /48), network (ASN, else /16, /32)
 * and service. A carrier puts a few hundred customers behind one prefix, and a country has a few dozen networks; a
 * whole outage of a large service brings some hundred reports a second. Beyond: thanked, but marked and never counted.
 */
export const REPORTS_PER_PREFIX = { burst: 300, perMinute: 30 }
export const REPORTS_PER_NETWORK = { burst: 6_000, perMinute: 600 }
export const REPORTS_PER_SERVICE = { burst: 60_000, perMinute: 60_000 }
/** Of those beyond the limits so many of a service are written to the log, 600 bytes each: 9 MB a day. The rest only thanked. */
export const REPORTS_MARKED = { burst: 600, perMinute: 10 }
/** Prefixes, networks and services with a bucket: 120 bytes each, 12 MB together; the one used longest ago starts full again. */
export const REPORT_PREFIXES = 60_000
/** Networks with a bucket, likewise; the Internet has 75,000, and one service hears of far fewer in a day. */
export const REPORT_NETWORKS = 30_000
/** Reporters remembered while two keys overlap: 100 bytes each, 10 MB; the oldest out. */
export const REPORTERS_KNOWN = 100_000
/** Characters that a person may write with a report. Longer: 400. */
export const REPORT_TEXT_CHARS = 1_000
/**
 * People who asked to be told when it is back where they are: 600 bytes each, 12 MB. More are refused (503) and pointed
 * to the feed. Forgotten after two days: an outage that lasts longer is asked about anew.
 */
export const WATCHERS = 20_000
/** How long a person who waits is remembered; an outage that lasts longer is asked about anew. */
export const WATCHERS_MS = 2 * DAY
/** Asking, by address prefix (IPv4 /24, IPv6 /48). Beyond: 503. */
export const WATCHERS_PER_PREFIX = { burst: 60, perMinute: 6 }
/** Of WATCHERS, by where they asked from. When all are taken, the newest of whoever holds most goes for a newcomer who holds less. */
export const WATCHERS_SHARE = { network: 4_000, prefix: 1_000, address: 400 }
/** Commands of programs that wait for a person, about 2 KB each, and as many that were decided. Beyond: 503. */
export const PROPOSALS = 100
/** So long a proposal waits; so long after that it is still listed. */
export const PROPOSAL_MS = DAY
/** Body of a form, an order. */
export const FORM_BYTES = 64 * 1024
/** What a receiver of messages sends when somebody presses a button: the message comes back in it, as a form. */
export const PRESS_BYTES = 256 * 1024
/** A form of settings: 500 components of 200 characters, each up to nine bytes in a form, and as much again for the rest. */
export const SETTINGS_FORM_BYTES = 2 * 1024 * 1024

/** What a source may keep to go on from after a restart, as JSON: a note of the store. More: the source is stopped, and says so. */
export const SOURCE_STATE_BYTES = 64 * 1024
/** Signals on one page of what is lent to other instances; a page ends with the row of the log in which they are reached. */
export const LENT_LINES = 2_000
/** and bytes of them. */
export const LENT_BYTES = 2 * 1024 * 1024
/** and rows of the log that are looked through for a page, however few of their signals are lent. */
export const LENT_ROWS = 500
/** Pages that one turn of a reader takes of an instance: 20,000 signals. What is left waits for the next turn. */
export const LENT_PAGES = 10
/** Instances that one source reads. More of a list are left out, and it says so. */
export const FEDERATION_INSTANCES = 50
/** Incidents of all instances of a source that are read at once, as many of each; of one alone at most 200. */
export const FEDERATION_INCIDENTS = 2_000
/** Signals of a source that are handed to the door at once; a larger batch goes in pieces, other work between them. */
export const SOURCE_PIECE = 1_000
/** One poll of a source may take so long; it is told to stop then, and not asked again before it has. */
export const SOURCE_POLL_MS = 2 * MINUTE
/** Pause after a failure of a source or a receiver: from the first it doubles to the longest, half of it by chance. */
export const SOURCE_RETRY_FIRST_MS = SECOND
/** The longest such pause. */
export const SOURCE_RETRY_MAX_MS = 5 * MINUTE
/** Sources and probes begin one after the other within so long, or within their own interval, if that is shorter. */
export const SOURCE_SPREAD_MS = 15 * SECOND
/** and where there are many probes, so many begin a second at most, as long as all begin within their interval. */
export const PROBE_STARTS_PER_SECOND = 50
/** Targets of all probes of a configuration; one takes about 20 kB. More: the file is refused. */
export const PROBE_TARGETS = 10_000
/** Places that one probe looks from; each is a target of its own. */
export const PROBE_PLACES = 20
/** An agent asks for work and hands in what it found so often, … */
export const AGENT_TURN_MS = 5 * SECOND
/** … and so often at least while it cannot reach its server: the pause doubles up to this, half of it by chance. */
export const AGENT_PAUSE_MAX_MS = MINUTE
/** An agent that was not heard of for so long has left its place to another of the same name. */
export const AGENT_LEASE_MS = 30 * SECOND
/** What an agent hands in at once, about 300 bytes each. */
export const AGENT_RESULTS = 500
/** Results that an agent keeps while it is offline, about 20 MB on its disk: a day of 35 probes a minute. The oldest go first, and are counted. */
export const AGENT_KEPT = 50_000
/** A failure counts where something else was reached from the same place so long before and after it. */
export const AGENT_WITNESS_MS = MINUTE
/** A source that was not heard of for so many times as long as makes it stale is unknown. */
export const SOURCE_UNKNOWN_TIMES = 4
/** A receiver that nobody sent to for so long is stale: whether its sender is well cannot be known. */
export const RECEIVER_STALE_MS = DAY
/** What a plug-in asks of the network: bytes of an answer once unpacked, time for all of it, redirects followed; an open-ended answer may be silent for OUTSIDE_IDLE_MS. More is an error of that question. */
export const OUTSIDE_BYTES = 8 * 1024 * 1024
/** Time for all of an answer. */
export const OUTSIDE_MS = 30 * SECOND
/** Time for the answer to a datagram. */
export const OUTSIDE_DATAGRAM_MS = 5 * SECOND
/** Redirects that are followed, each checked anew. */
export const OUTSIDE_REDIRECTS = 5
/** An open-ended answer may be silent for so long. */
export const OUTSIDE_IDLE_MS = 5 * MINUTE
/** A file that a configuration names for a plug-in to read. */
export const OUTSIDE_FILE_BYTES = 64 * 1024 * 1024
/** Bytes of a file that is followed, at once: about 1,300 lines, three milliseconds of counting. */
export const FOLLOW_PIECE_BYTES = 256 * 1024
/** A file that is followed is looked at so often; less often costs lines when it is cut short between two looks. */
export const FOLLOW_POLL_MS = 250
/** A file that was renamed is read on until it has been still for so long and its successor has lines. */
export const FOLLOW_STILL_MS = 2 * SECOND
/** Of all that a port has heard and nobody has fetched. Beyond it datagrams are lost, and counted; connections wait. */
export const LISTEN_WAITING_BYTES = 16 * 1024 * 1024
/** Connections of one port that listens. A further one is closed at once. */
export const LISTEN_CONNECTIONS = 200
/** A connection that says nothing for so long is closed. */
export const LISTEN_IDLE_MS = 30 * MINUTE

/** People who may sign in, and links by which others may join. More are refused. */
export const PEOPLE_MOST = 1_000
/** Browsers in which one person is signed in; the one that was seen first is signed out for another. */
export const SESSIONS_OF_PERSON = 20
/** Named tokens of a workspace: a metric's label each. More are refused by `epicenter token add`. */
export const TOKENS = 500
/** Wrong tokens of one address that are answered at once; later ones wait, WRONG_TOKENS_HELD of an address at a time, the rest get 429. */
export const WRONG_TOKENS = { burst: 10, perMinute: 10 }
/** How long a wrong token waits for its answer beyond those that are answered at once. */
export const WRONG_TOKENS_WAIT_MS = 2 * SECOND
/** Wrong tokens of one address that wait at a time. More: 429. */
export const WRONG_TOKENS_HELD = 4
/** Addresses whose wrong tokens are remembered: 120 bytes each; the one used longest ago starts anew. */
export const WRONG_TOKEN_ADDRESSES = 10_000

/** What is kept, by kind, incidents for good; the log is never trimmed beyond the latest snapshot nor within the de-duplication horizon. */
export const KEEP_LOG_MS = 8 * DAY
/** Five-minute counts, a year and a month, so that the same season of last year is there. */
export const KEEP_ROLLUPS_MS = 400 * DAY
/** Changes and notices, as long as the counts beside which they are shown. */
export const KEEP_FACTS_MS = 400 * DAY

/** Where nothing is asked: a false incident a service in ten months. An operator with 30 services then looks in vain three times a month. */
export const FALSE_ALARMS_PER_MONTH = 0.1

/** Steps of an incident that a message tells; earlier ones are left out. */
export const MESSAGE_STEPS = 20
/** Characters of what a receiver calls the conversation of an incident. Longer ones are not kept: the next message begins another. */
export const THREAD_CHARS = 600
/** Conversations that are remembered for one receiver, 600 characters each at most; the eldest is forgotten first. */
export const THREADS_KEPT = 200

/** Subscribers of all status pages, 600 bytes each in the store: 300 MB. More are refused (503). */
export const SUBSCRIBERS = 500_000
/** Those of them who were asked to confirm and did not yet. Beyond: 503, so that nobody fills the store with strangers' addresses. */
export const SUBSCRIBERS_ASKED = 20_000
/** So long a link to confirm is good; who does not follow it is forgotten then. */
export const SUBSCRIBER_CONFIRM_MS = 2 * DAY
/** Asking to subscribe, by address prefix (IPv4 /24, IPv6 /48) and by network. Beyond: 503. */
export const SUBSCRIBE_PER_PREFIX = { burst: 10, perMinute: 1 }
/** The same by network. */
export const SUBSCRIBE_PER_NETWORK = { burst: 100, perMinute: 20 }
/** and of everybody: what a server sends to strangers in an hour at most is about 1,300. Beyond: 503. */
export const SUBSCRIBE_PER_HOUSE = { burst: 300, perMinute: 17 }
/** Messages to one address that ask to confirm: three at once, then one in eight hours. Beyond: the same answer, and no message. */
export const SUBSCRIBE_PER_ADDRESS = { burst: 3, perMinute: 1 / 480 }
/** Components that one subscriber may name; who wants more wants the page. */
export const SUBSCRIBER_COMPONENTS = 100
/** Labels by which one subscriber may say who they are. */
export const SUBSCRIBER_LABELS = 5
/** Subscribers that are looked at, and messages that are put into the queue, at once: about five milliseconds. */
export const SUBSCRIBER_SLICE = 500
/** Messages of one queue that are taken in hand at once. */
export const POSTED_AT_ONCE = 16
/** Messages of one queue that were sent while what became of them is still being written, which usually are some dozen: so many may come twice after a crash, under the same ids. With so many nothing is sent until it is. */
export const UNSETTLED_MOST = 200
/** Queues that are worked on at once; further ones wait for a place. */
export const QUEUES_AT_ONCE = 64
/** Messages in a row that cannot be delivered end a subscription. An address that the mail server does not know ends it at once. */
export const BOUNCES = 3
/** Messages given up that are still named. */
export const UNDELIVERED_KEPT = 500
