package flows

import "slices"

// turnPage moves offset for 下一页 and 上一页 in a list of so many items, and says whether the
// message was one of those and there is such a page.
func turnPage(t *Turn, offset *int, total int) bool {
	switch {
	case t.Said("下一页", "更多", "后面的", "还有呢") && *offset+pageSize < total:
		*offset += pageSize
	case t.Said("上一页", "前面的") && *offset > 0:
		*offset = max(0, *offset-pageSize)
	default:
		return false
	}
	return true
}

// pageOf is the page of a list at offset.
func pageOf[T any](all []T, offset int) []T {
	if offset >= len(all) {
		return nil
	}
	return slices.Clip(all[offset:min(len(all), offset+pageSize)])
}
