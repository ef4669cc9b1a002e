module fetch

go 1.21

require wagi/sdk/go/wagihttp v0.0.0

replace wagi/sdk/go/wagihttp => ../../sdk/go/wagihttp
