;; The hello for `wasmtime serve`: a wasi:http/proxy component written by hand, so that it needs no
;; tool to be built and does no more than it must. The whole answer is ready before the response is
;; handed over, so that it leaves in one write with its length.
(component
  (import "wasi:io/error@0.2.0" (instance $errors (export "error" (type (sub resource)))))
  (alias export $errors "error" (type $error))

  (import "wasi:io/streams@0.2.0" (instance $streams
    (alias outer 1 $error (type $outer_error))
    (export "error" (type $error (eq $outer_error)))
    (export "output-stream" (type $output_stream (sub resource)))
    (type $stream_error_v (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export "stream-error" (type $stream_error (eq $stream_error_v)))
    (export "[method]output-stream.check-write" (func
      (param "self" (borrow $output_stream)) (result (result u64 (error $stream_error)))))
    (export "[method]output-stream.write" (func
      (param "self" (borrow $output_stream)) (param "contents" (list u8))
      (result (result (error $stream_error)))))))
  (alias export $streams "output-stream" (type $output_stream))

  (import "wasi:http/types@0.2.0" (instance $http
    (alias outer 1 $output_stream (type $outer_output_stream))
    (export "output-stream" (type $output_stream (eq $outer_output_stream)))
    (export "fields" (type $fields (sub resource)))
    (export "headers" (type $headers (eq $fields)))
    (export "trailers" (type $trailers (eq $fields)))
    (export "incoming-request" (type $incoming_request (sub resource)))
    (export "outgoing-response" (type $outgoing_response (sub resource)))
    (export "outgoing-body" (type $outgoing_body (sub resource)))
    (export "response-outparam" (type $response_outparam (sub resource)))

    (type $header_error_v (variant (case "invalid-syntax") (case "forbidden") (case "immutable")))
    (export "header-error" (type $header_error (eq $header_error_v)))
    (type $dns_r (record (field "rcode" (option string)) (field "info-code" (option u16))))
    (export "DNS-error-payload" (type $dns (eq $dns_r)))
    (type $tls_r (record (field "alert-id" (option u8)) (field "alert-message" (option string))))
    (export "TLS-alert-received-payload" (type $tls (eq $tls_r)))
    (type $size_r
      (record (field "field-name" (option string)) (field "field-size" (option u32))))
    (export "field-size-payload" (type $size (eq $size_r)))
    (type $error_code_v (variant
      (case "DNS-timeout")
      (case "DNS-error" $dns)
      (case "destination-not-found")
      (case "destination-unavailable")
      (case "destination-IP-prohibited")
      (case "destination-IP-unroutable")
      (case "connection-refused")
      (case "connection-terminated")
      (case "connection-timeout")
      (case "connection-read-timeout")
      (case "connection-write-timeout")
      (case "connection-limit-reached")
      (case "TLS-protocol-error")
      (case "TLS-certificate-error")
      (case "TLS-alert-received" $tls)
      (case "HTTP-request-denied")
      (case "HTTP-request-length-required")
      (case "HTTP-request-body-size" (option u64))
      (case "HTTP-request-method-invalid")
      (case "HTTP-request-URI-invalid")
      (case "HTTP-request-URI-too-long")
      (case "HTTP-request-header-section-size" (option u32))
      (case "HTTP-request-header-size" (option $size))
      (case "HTTP-request-trailer-section-size" (option u32))
      (case "HTTP-request-trailer-size" $size)
      (case "HTTP-response-incomplete")
      (case "HTTP-response-header-section-size" (option u32))
      (case "HTTP-response-header-size" $size)
      (case "HTTP-response-body-size" (option u64))
      (case "HTTP-response-trailer-section-size" (option u32))
      (case "HTTP-response-trailer-size" $size)
      (case "HTTP-response-transfer-coding" (option string))
      (case "HTTP-response-content-coding" (option string))
      (case "HTTP-response-timeout")
      (case "HTTP-upgrade-failed")
      (case "HTTP-protocol-error")
      (case "loop-detected")
      (case "configuration-error")
      (case "internal-error" (option string))))
    (export "error-code" (type $error_code (eq $error_code_v)))

    (export "[static]fields.from-list" (func
      (param "entries" (list (tuple string (list u8))))
      (result (result (own $fields) (error $header_error)))))
    (export "[constructor]outgoing-response" (func
      (param "headers" (own $headers)) (result (own $outgoing_response))))
    (export "[method]outgoing-response.body" (func
      (param "self" (borrow $outgoing_response)) (result (result (own $outgoing_body)))))
    (export "[method]outgoing-body.write" (func
      (param "self" (borrow $outgoing_body)) (result (result (own $output_stream)))))
    (export "[static]outgoing-body.finish" (func
      (param "this" (own $outgoing_body)) (param "trailers" (option (own $trailers)))
      (result (result (error $error_code)))))
    (export "[static]response-outparam.set" (func
      (param "param" (own $response_outparam))
      (param "response" (result (own $outgoing_response) (error $error_code)))))))
  (alias export $http "incoming-request" (type $incoming_request))
  (alias export $http "response-outparam" (type $response_outparam))

  ;; The imports below are lowered with this memory: it must exist before the module using them.
  (core module $Memory
    (memory (export "memory") 1)
    ;; The host would put only an error's text there, and none is expected.
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
    ;; list<tuple<string, list<u8>>>: two entries of four words; then what they point to.
    (data (i32.const 0)
      "\40\00\00\00\0c\00\00\00\50\00\00\00\0a\00\00\00"
      "\60\00\00\00\0e\00\00\00\70\00\00\00\02\00\00\00")
    (data (i32.const 0x40) "content-type")
    (data (i32.const 0x50) "text/plain")
    (data (i32.const 0x60) "content-length")
    (data (i32.const 0x70) "14")
    (data (i32.const 0x80) "Hello, world!\n"))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "memory" (core memory $mem))
  (alias core export $memory "realloc" (core func $realloc))

  (core func $from_list
    (canon lower (func $http "[static]fields.from-list") (memory $mem)))
  (core func $response
    (canon lower (func $http "[constructor]outgoing-response")))
  (core func $body
    (canon lower (func $http "[method]outgoing-response.body") (memory $mem)))
  (core func $stream
    (canon lower (func $http "[method]outgoing-body.write") (memory $mem)))
  (core func $check_write
    (canon lower (func $streams "[method]output-stream.check-write") (memory $mem)))
  (core func $write
    (canon lower (func $streams "[method]output-stream.write") (memory $mem)))
  (core func $drop_stream
    (canon resource.drop $output_stream))
  (core func $finish
    (canon lower (func $http "[static]outgoing-body.finish") (memory $mem) (realloc $realloc)))
  (core func $set
    (canon lower (func $http "[static]response-outparam.set") (memory $mem) (realloc $realloc)))

  (core module $Main
    (import "" "memory" (memory 1))
    (import "" "from-list" (func $from_list (param i32 i32 i32)))
    (import "" "response" (func $response (param i32) (result i32)))
    (import "" "body" (func $body (param i32 i32)))
    (import "" "stream" (func $stream (param i32 i32)))
    (import "" "check-write" (func $check_write (param i32 i32)))
    (import "" "write" (func $write (param i32 i32 i32 i32)))
    (import "" "drop-stream" (func $drop_stream (param i32)))
    (import "" "finish" (func $finish (param i32 i32 i32 i32)))
    (import "" "set" (func $set (param i32 i32 i32 i32 i64 i32 i32 i32 i32)))

    ;; The handle of a result<own<...>> that was written to 0x100; traps where it is an error.
    (func $handle (result i32)
      (if (i32.load8_u (i32.const 0x100)) (then unreachable))
      (i32.load (i32.const 0x104)))

    (func (export "handle") (param $request i32) (param $out i32)
      (local $response i32) (local $body i32) (local $stream i32)
      (call $from_list (i32.const 0) (i32.const 2) (i32.const 0x100))
      (local.set $response (call $response (call $handle)))
      (call $body (local.get $response) (i32.const 0x100))
      (local.set $body (call $handle))
      (call $stream (local.get $body) (i32.const 0x100))
      (local.set $stream (call $handle))
      (call $check_write (local.get $stream) (i32.const 0x100))
      (call $write (local.get $stream) (i32.const 0x80) (i32.const 14) (i32.const 0x100))
      (if (i32.load8_u (i32.const 0x100)) (then unreachable))
      (call $drop_stream (local.get $stream))
      (call $finish (local.get $body) (i32.const 0) (i32.const 0) (i32.const 0x100))
      (if (i32.load8_u (i32.const 0x100)) (then unreachable))
      (call $set (local.get $out) (i32.const 0) (local.get $response)
        (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))))
  (core instance $main (instantiate $Main (with "" (instance
    (export "memory" (memory $mem))
    (export "from-list" (func $from_list))
    (export "response" (func $response))
    (export "body" (func $body))
    (export "stream" (func $stream))
    (export "check-write" (func $check_write))
    (export "write" (func $write))
    (export "drop-stream" (func $drop_stream))
    (export "finish" (func $finish))
    (export "set" (func $set))))))

  (type $handle (func
    (param "request" (own $incoming_request)) (param "response-out" (own $response_outparam))))
  (func $handle (type $handle) (canon lift (core func $main "handle")))
  (instance $handler (export "handle" (func $handle)))
  (export "wasi:http/incoming-handler@0.2.0" (instance $handler)))
