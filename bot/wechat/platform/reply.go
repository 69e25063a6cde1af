package platform

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxText is the measured limit of a text, passive or customer, in bytes of UTF-8.
const maxText = 2048

// node is any element; passive replies have no attributes.
type node struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Nodes   []node     `xml:",any"`
	Text    string     `xml:",chardata"`
}

// child returns the only child of that name.
func (n *node) child(name string) (*node, error) {
	var found *node
	for i := range n.Nodes {
		if n.Nodes[i].XMLName.Local != name {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("element %s twice", name)
		}
		found = &n.Nodes[i]
	}
	if found == nil {
		return nil, fmt.Errorf("element %s is missing", name)
	}
	return found, nil
}

// text returns the only child's text, which must not be empty nor hold elements.
func (n *node) text(name string) (string, error) {
	c, err := n.child(name)
	if err != nil {
		return "", err
	}
	if len(c.Nodes) > 0 || strings.TrimSpace(c.Text) == "" {
		return "", fmt.Errorf("element %s is empty or not text", name)
	}
	return c.Text, nil
}

// parseXML reads one <xml> document and nothing after it.
func parseXML(b []byte) (*node, error) {
	if !utf8.Valid(b) {
		return nil, errors.New("not UTF-8")
	}
	if bytes.Contains(b, []byte("<!DOCTYPE")) {
		return nil, errors.New("a DTD")
	}
	dec := xml.NewDecoder(bytes.NewReader(b))
	var root node
	if err := dec.Decode(&root); err != nil {
		return nil, fmt.Errorf("parse XML: %w", err)
	}
	if root.XMLName.Local != "xml" {
		return nil, fmt.Errorf("root element %s", root.XMLName.Local)
	}
	if err := root.bare(); err != nil {
		return nil, err
	}
	rest, err := dec.Token()
	for err == nil {
		if c, ok := rest.(xml.CharData); !ok || len(bytes.TrimSpace(c)) > 0 {
			return nil, errors.New("something after the root element")
		}
		rest, err = dec.Token()
	}
	if !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("parse XML: %w", err)
	}
	return &root, nil
}

// bare refuses attributes, and text beside elements.
func (n *node) bare() error {
	if len(n.Attrs) > 0 {
		return fmt.Errorf("element %s has attributes", n.XMLName.Local)
	}
	if len(n.Nodes) > 0 && strings.TrimSpace(n.Text) != "" {
		return fmt.Errorf("text beside the elements of %s", n.XMLName.Local)
	}
	for i := range n.Nodes {
		if err := n.Nodes[i].bare(); err != nil {
			return err
		}
	}
	return nil
}

// open returns the plain reply in an answer's body: empty for "no reply", which is an empty body or
// a bare success in either mode.
func (p *Platform) open(mode string, body []byte) ([]byte, error) {
	switch {
	case len(body) == 0 || string(body) == "success":
		return []byte{}, nil
	case len(body) > maxAnswer:
		return nil, errors.New("answer is too long")
	case mode != Safe:
		return body, nil
	}
	root, err := parseXML(body)
	if err != nil {
		return nil, fmt.Errorf("envelope: %w", err)
	}
	var sealed, signature, timestamp, nonce string
	for name, to := range map[string]*string{
		"Encrypt": &sealed, "MsgSignature": &signature, "TimeStamp": &timestamp, "Nonce": &nonce,
	} {
		if *to, err = root.text(name); err != nil {
			return nil, fmt.Errorf("envelope: %w", err)
		}
	}
	if _, err := strconv.ParseInt(timestamp, 10, 64); err != nil {
		return nil, errors.New("envelope: TimeStamp is not a number")
	}
	if signature != sign(p.account.token, timestamp, nonce, sealed) {
		return nil, errors.New("envelope: wrong MsgSignature")
	}
	plain, err := unseal(p.account.key, sealed, p.account.appID)
	if err != nil {
		return nil, err
	}
	if len(plain) == 0 {
		return nil, errors.New("an encrypted nothing")
	}
	return plain, nil
}

// parseReply checks a passive reply as the platform does: to the sender, from the account, of a
// known type, with content.
func parseReply(plain []byte, openid, account string) (Reply, error) {
	root, err := parseXML(plain)
	if err != nil {
		return Reply{}, err
	}
	for name, want := range map[string]string{"ToUserName": openid, "FromUserName": account} {
		switch got, err := root.text(name); {
		case err != nil:
			return Reply{}, err
		case got != want:
			return Reply{}, fmt.Errorf("other %s", name)
		}
	}
	var r Reply
	created, err := root.text("CreateTime")
	if err != nil {
		return Reply{}, err
	}
	if r.At, err = strconv.ParseInt(created, 10, 64); err != nil || r.At <= 0 {
		return Reply{}, errors.New("CreateTime is not a number of seconds")
	}
	if r.Type, err = root.text("MsgType"); err != nil {
		return Reply{}, err
	}
	return r, r.body(root)
}

// body reads what belongs to the reply's type.
func (r *Reply) body(root *node) error {
	path := map[string][]string{
		"text":  {"Content"},
		"image": {"Image", "MediaId"}, "voice": {"Voice", "MediaId"}, "video": {"Video", "MediaId"},
		"music": {"Music", "ThumbMediaId"}, "news": {"Articles", "item", "Title"},
		"transfer_customer_service": {},
	}
	names, ok := path[r.Type]
	if !ok {
		return errors.New("unknown MsgType")
	}
	if len(names) == 0 {
		return nil
	}
	at := root
	for _, name := range names[:len(names)-1] {
		next, err := at.child(name)
		if err != nil {
			return err
		}
		at = next
	}
	content, err := at.text(names[len(names)-1])
	if err != nil {
		return err
	}
	r.Raw = content
	if r.Type != "text" {
		return nil
	}
	if len(content) > maxText {
		return fmt.Errorf("content of %d bytes, more than %d", len(content), maxText)
	}
	r.Text, r.Links = parseText(content)
	return nil
}

var anchor = regexp.MustCompile(`(?s)<a\s+href="([^"]*)"[^>]*>(.*?)</a>`)

// parseText splits a text into what is read and what can be tapped.
func parseText(content string) (text string, links []Link) {
	text = anchor.ReplaceAllStringFunc(content, func(s string) string {
		m := anchor.FindStringSubmatch(s)
		if l, ok := parseLink(m[1], m[2]); ok {
			links = append(links, l)
		}
		return m[2]
	})
	return text, links
}

// parseLink reads a menu link as the phone does: it decodes the content by percent signs only and
// ignores a link whose content or id is empty. Web links have a URL instead.
func parseLink(href, label string) (Link, bool) {
	query, found := strings.CutPrefix(href, "weixin://bizmsgmenu?")
	if !found {
		return Link{Label: label, URL: href}, strings.HasPrefix(href, "http")
	}
	l := Link{Label: label}
	id := ""
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "msgmenucontent":
			content, err := url.PathUnescape(value)
			if err != nil {
				return Link{}, false
			}
			l.Content = content
		case "msgmenuid":
			id = value
		}
	}
	l.ID = menuID(id)
	return l, l.Content != "" && id != ""
}

// menuID is what arrives as bizmsgmenuid: 0 for all that is no number.
func menuID(s string) int {
	id, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return id
}
