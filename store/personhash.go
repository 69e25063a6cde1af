package store

import (
	"strconv"

	"yishi/flows/civic"
	"yishi/flows/zh"
)

// By what people and households are found. Each is keyed and of its own use, so that the tables
// alone tell neither names nor numbers, nor that two columns hold the same.

// nameHash is by what a person is found behind a door.
func nameHash(k *dataKey, household int64, name string) []byte {
	return k.digest("name", strconv.FormatInt(household, 10)+"\x00"+civic.FoldName(name))
}

// phoneHash is by what people of a phone are found; nil for none.
func phoneHash(k *dataKey, phone string) []byte {
	if phone == "" {
		return nil
	}
	return k.digest("phone", phone)
}

// codeHash is by what the person of a 编号 is found within a community; nil for none.
func codeHash(k *dataKey, code string) []byte {
	if code == "" {
		return nil
	}
	return k.digest("code", code)
}

// rollHash is of all that a roll says of a person. A roll that says the same as the last one
// changes nothing, so that it undoes nothing that came from elsewhere since.
func rollHash(k *dataKey, r civic.RollRow) []byte {
	return k.digest("roll", zh.Fold(r.Estate)+"\x00"+r.Door()+"\x00"+r.Name+"\x00"+r.Phone+"\x00"+r.Code+"\x00"+r.Note)
}
