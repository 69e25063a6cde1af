package files

import (
	"context"
	"io"
)

func openXLSX(ctx context.Context, src io.ReaderAt, size int64, sheet string) (table, error) {
	return nil, refuse("TODO %v %v %v %v", ctx, src, size, sheet)
}
