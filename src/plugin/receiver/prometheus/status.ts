type Labels = ReadonlyMap<string, string>

/** Labels that say how a request went, as exporters and libraries name them; the first that is there decides. */
const STATUS_LABELS = [
  'code',
  'status',
  'status_code',
  'http_response_status_code',
  'http_status_code',
  'response_code',
  'envoy_response_code',
  'envoy_response_code_class',
  'http_code',
  'grpc_code',
  'rpc_grpc_status_code',
  'outcome',
  'result',
] as const

/**
 * Words for a failure that is the server's. Those of gRPC are the ones that OpenTelemetry's conventions call an error of a
 * server: unknown, deadline exceeded, unimplemented, internal, unavailable, data loss.
 */
const FAILED =
  /^(?:5\d\d|5xx|5|error|errors|fail|failed|failure|exception|server_error|unknown|deadline_?exceeded|unimplemented|internal|unavailable|data_?loss|timeout)$/i
/** `rpc_grpc_status_code` has the numbers of the same six. */
const FAILED_GRPC = /^(?:2|4|12|13|14|15)$/

/** Whether the requests of a series failed; null where no label says how they went. */
export function failedBy(labels: Labels): boolean | null {
  for (const name of STATUS_LABELS) {
    const value = labels.get(name)
    if (value === undefined || value === '') continue
    return name === 'rpc_grpc_status_code' ? FAILED_GRPC.test(value) : FAILED.test(value)
  }
  return null
}
