module github.com/millrace/millrace

go 1.26

require go.uber.org/goleak v1.3.0

require github.com/goccy/go-yaml v1.19.2
