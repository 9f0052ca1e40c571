"""First names of people that are names of nothing else that stands in a file of leads, such as a
city."""

_NAMES = (
    "james john robert michael william david richard joseph thomas charles daniel matthew "
    "anthony mark steven andrew paul joshua kenneth kevin brian timothy edward jeffrey "
    "ryan jacob nicholas eric jonathan stephen scott benjamin samuel gregory patrick "
    "alexander peter mary patricia jennifer linda elizabeth barbara susan jessica karen "
    "sarah lisa nancy betty sandra margaret ashley kimberly emily donna michelle carol "
    "amanda melissa deborah stephanie rebecca laura helen amy anna ann anne emma olivia "
    "sophie julia maria marie hans klaus wolfgang jurgen jürgen dieter stefan andreas "
    "christian martin frank uwe sabine petra monika claudia susanne birgit andrea katrin "
    "anja heike jean pierre michel philippe alain nicolas laurent francois françois "
    "isabelle nathalie sylvie catherine valerie valérie camille jose josé juan antonio "
    "manuel francisco carlos luis javier miguel pablo carmen ana lucia lucía joao joão "
    "pedro paulo jan piet willem anneke giuseppe giovanni marco luca francesca giulia "
    "chiara mohammed muhammad ahmed ali fatima priya rahul amit wei olga ivan sergey "
    "dmitry bob joe tom jim mike dave steve chris alice jane kate "
)
FIRST_NAMES = frozenset(_NAMES.split())
