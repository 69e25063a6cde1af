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
		"“看018”看一件，“附议018”“取消附议018”，“举报018”；\n" +
		"“认证”让附议和投票算数，“规则”看什么能公开，“急难热”看是什么意思；\n" +
		"“退订”少收几类通知，“我的数据”看记着您什么，“帮助”再看这一页。")
}
