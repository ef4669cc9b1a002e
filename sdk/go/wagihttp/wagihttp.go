//go:build wasip1

// Package wagihttp makes HTTP requests from a guest of wagi, through the import module
// wasi_experimental_http:
//
//	client := &http.Client{Transport: wagihttp.Transport{}}
//	response, err := client.Get("https://api.example.com/")
//
// A call that must wait suspends this guest, with all of its goroutines, and nobody else. The module's
// allowed_hosts say whom it may call; docs/outbound.md has the rules.
package wagihttp

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"unsafe"
)

//go:wasmimport wasi_experimental_http req
//go:noescape
func importReq(url unsafe.Pointer, urlLen uint32, method unsafe.Pointer, methodLen uint32,
	headers unsafe.Pointer, headersLen uint32, body unsafe.Pointer, bodyLen uint32,
	status unsafe.Pointer, handle unsafe.Pointer) uint32

//go:wasmimport wasi_experimental_http close
func importClose(handle uint32) uint32

//go:wasmimport wasi_experimental_http headers_get_all
//go:noescape
func importHeadersGetAll(handle uint32, buffer unsafe.Pointer, size uint32, written unsafe.Pointer) uint32

//go:wasmimport wasi_experimental_http body_read
//go:noescape
func importBodyRead(handle uint32, buffer unsafe.Pointer, size uint32, count unsafe.Pointer) uint32

// Error is why a call failed: the number that the host gave.
type Error uint32

const (
	InvalidHandle  Error = 1
	NoMemory       Error = 2
	MemoryAccess   Error = 3
	BufferTooSmall Error = 4
	HeaderNotFound Error = 5
	NotUTF8        Error = 6
	NotAllowed     Error = 7 // Not in allowed_hosts, or with an address that its entry doesn't permit.
	InvalidMethod  Error = 8
	InvalidHeaders Error = 9
	InvalidURL     Error = 10
	RequestFailed  Error = 11 // The server's log says more.
	Runtime        Error = 12
	TooMany        Error = 13 // More responses are open than http_max_concurrency.
)

var texts = [...]string{"no error", "no such response", "the module exports no memory",
	"memory out of bounds", "the buffer is too small", "there is no such header", "this isn't UTF-8",
	"the destination isn't in allowed_hosts", "this is no method", "these are no headers",
	"this is no URL", "the request failed", "the server failed", "too many responses are open"}

func (e Error) Error() string {
	if int(e) < len(texts) {
		return "wagihttp: " + texts[e]
	}
	return fmt.Sprintf("wagihttp: unknown error %d", uint32(e))
}

// Transport is an http.RoundTripper: an http.Client that has it sends its requests through the host.
// A request's body is read whole before it is sent; the response's body is read as it comes, and must
// be closed.
type Transport struct{}

func (Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	var body []byte
	if request.Body != nil {
		defer request.Body.Close()
		var err error
		if body, err = io.ReadAll(request.Body); err != nil {
			return nil, err
		}
	}
	method := request.Method
	if method == "" {
		method = "GET"
	}
	address, headers := request.URL.String(), lines(request.Header)
	var status uint16
	var handle uint32
	code := importReq(pointerTo(address), uint32(len(address)), pointerTo(method), uint32(len(method)),
		pointerTo(headers), uint32(len(headers)), unsafe.Pointer(unsafe.SliceData(body)), uint32(len(body)),
		unsafe.Pointer(&status), unsafe.Pointer(&handle))
	runtime.KeepAlive(body)
	if code != 0 {
		return nil, Error(code)
	}
	stream := &stream{handle: handle}
	fields, err := readHeaders(handle)
	if err != nil {
		stream.Close()
		return nil, err
	}
	length := int64(-1)
	if text := fields.Get("Content-Length"); text != "" && request.Method != "HEAD" {
		if length, err = strconv.ParseInt(text, 10, 64); err != nil {
			length = -1
		}
	}
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", status, http.StatusText(int(status))),
		StatusCode: int(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: fields, Body: stream, ContentLength: length, Request: request,
	}, nil
}

type stream struct {
	handle uint32
	closed bool
}

func (s *stream) Read(buffer []byte) (int, error) {
	if len(buffer) == 0 {
		return 0, nil
	}
	var count uint32
	code := importBodyRead(s.handle, unsafe.Pointer(&buffer[0]), uint32(len(buffer)), unsafe.Pointer(&count))
	if code != 0 {
		return 0, Error(code)
	}
	if count == 0 {
		return 0, io.EOF
	}
	return int(count), nil
}

func (s *stream) Close() error {
	if !s.closed {
		s.closed = true
		importClose(s.handle)
	}
	return nil
}

func pointerTo(text string) unsafe.Pointer { return unsafe.Pointer(unsafe.StringData(text)) }

// One line a value. No header has a NUL, so that the host refuses one that would have had a line break.
func lines(header http.Header) string {
	var text strings.Builder
	for name, values := range header {
		for _, value := range values {
			text.WriteString(strings.ReplaceAll(name+":"+value, "\n", "\x00"))
			text.WriteByte('\n')
		}
	}
	return text.String()
}

func readHeaders(handle uint32) (http.Header, error) {
	buffer := make([]byte, 4096)
	var written uint32
	read := func() Error {
		return Error(importHeadersGetAll(handle, unsafe.Pointer(&buffer[0]), uint32(len(buffer)), unsafe.Pointer(&written)))
	}
	code := read()
	if code == BufferTooSmall {
		buffer = make([]byte, written)
		code = read()
	}
	if code != 0 {
		return nil, code
	}
	header := http.Header{}
	for _, line := range strings.Split(string(buffer[:written]), "\n") {
		if name, value, found := strings.Cut(line, ":"); found {
			header.Add(name, value)
		}
	}
	return header, nil
}
