package flows

// HelpDraft holds nothing.
type HelpDraft struct{}

var help = Flow[HelpDraft]{
	ID: "help", Version: 1, Title: "帮助", Opens: []string{"帮助", "怎么用", "说明", "使用帮助"},
	Steps: []Step[HelpDraft]{{ID: "say", Ask: (*HelpDraft).ask}},
}

func (*HelpDraft) ask(*Turn) Reply {
	return menuReply("直接说您的事就行，一次一句。随时可以回：\n" +
		"“返回”上一步，“改2”改第2项，“跳过”，“取消”，“继续”；\n" +
		"“进度018”问进展，“补充018”加一句，“撤回018”不提了；\n" +
		"“通知”看发给您的，“退订”少收几类，“人工”找网格员。")
}
