module github.com/wemaps/wemaps/migrations

go 1.26.8
