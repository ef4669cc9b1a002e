module wagi/sdk/go/wagihttp

go 1.21
